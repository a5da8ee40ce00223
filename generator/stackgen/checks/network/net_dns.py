"""Pods that may talk and cannot resolve names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.network.unseen import dns_servers, services
from stackgen.checks.network.view import View, display_name, fixed_ports, view
from stackgen.facts.shape import as_dict, at
from stackgen.findings.model import Place, Severity, Violation, Violations, violation
from stackgen.net import ports as p
from stackgen.net.addresses import Addresses
from stackgen.net.evaluate import Net
from stackgen.net.model import External, Pod
from stackgen.net.policies import Policy, PolicyRule
from stackgen.net.ports import Ports
from stackgen.net.selectors import EVERYTHING

UDP, TCP = p.ports("UDP", 53), p.ports("TCP", 53)
KUBE_API = p.ports("TCP", 6443)
_ADDRESSES = "On Dataplane V2 an address range does not match the DNS Pods: names do not resolve."
_CLOUD_DNS = "Cloud DNS answers at this address only: names do not resolve."
_CACHE = "NodeLocal DNSCache of GKE answers with the Pods node-local-dns: names do not resolve."
_CUT = "Long responses are truncated and cannot be requested over TCP."


def check(context: Context) -> Violations:
    """One finding for each policy whose Pods cannot resolve names."""
    seen = view(context)
    told: set[int] = set()
    for pod in seen.world.pods:
        closing = seen.net.acting("egress", pod)
        rules = [r for x in closing for r in x.rules("egress")]
        if pod.host_network or not _names(rules) or any(x.tier != "network" for x in closing):
            continue
        found = reached(seen.net, pod)
        widest = max(closing, key=lambda x: len(x.egress))
        blamed, place = _asking(seen.net, closing) or (
            widest, Place(widest.resource, ("spec", "egress"), key=True),
        )  # fmt: skip
        if id(blamed) in told:
            continue
        who = f"{display_name(blamed.resource)} lets {pod.name}"
        if not found.covers(p.union(UDP, TCP)):
            told.add(id(blamed))
            yield _finding(seen, who, place, pod, found)
        else:
            for what, impact in _doubts(context, seen.net, pod, closing):
                told.add(id(blamed))
                yield violation(
                    f"{who} use {what}", place, severity=Severity.WARNING, impact=impact
                )
    yield from _over_udp(seen)


def _asking(net: Net, closing: Sequence[Policy]) -> tuple[Policy, Place] | None:
    """The rule that opens a DNS server, with its policy; of several, the first."""
    for policy in closing:
        for rule in policy.egress:
            if rule.ports is None or not p.intersect(fixed_ports(rule), UDP):
                continue
            if rule.peers is None or any(
                net.matcher.peer(peer, policy.namespace, server) is not False
                for peer in rule.peers
                for server, _ in dns_servers()
            ):
                return policy, Place(policy.resource, rule.path)
    return None


def _doubts(
    context: Context, net: Net, pod: Pod, closing: Sequence[Policy]
) -> Iterator[tuple[str, str]]:
    """What the Pod can use instead of the DNS server of its cluster, and what that means."""
    open_to = {
        str(server.name): bool(p.intersect(net.possible(pod, server), UDP))
        for server, port in dns_servers()
        if port == 53
    }
    pods = open_to["kube-dns"] or open_to["node-local-dns"]
    cache = open_to["node-local-dns"] or open_to["NodeLocal DNSCache"] or open_to["Cloud DNS"]
    clusters = [as_dict(c.get("spec")) for c in context.bundle.of_kind("ContainerCluster")]
    if any(at(c, "dnsConfig", "clusterDns") == "CLOUD_DNS" for c in clusters):
        if not open_to["Cloud DNS"]:
            yield (
                "DNS Pods, and not 169.254.169.254",
                _CLOUD_DNS,
            )
    elif not pods and (
        any(policy.resource.group == "cilium.io" for policy in closing)
        or any(c.get("datapathProvider") == "ADVANCED_DATAPATH" for c in clusters)
        or any(c.get("enableAutopilot") is True for c in clusters)
    ):
        yield "DNS at addresses only", _ADDRESSES
    elif open_to["kube-dns"] and not cache and _caches_names(clusters, pod):
        yield "kube-dns, and not node-local-dns", _CACHE


def _caches_names(clusters: Sequence[Mapping[str, Any]], pod: Pod) -> bool:
    """Whether the Pod is for GKE, and no cluster of the input is without NodeLocal DNSCache."""
    if any(at(c, "addonsConfig", "dnsCacheConfig", "enabled") is False for c in clusters):
        return False
    selected = as_dict(pod.spec.get("nodeSelector"))
    return bool(clusters) or any(str(k).startswith("cloud.google.com/gke-") for k in selected)


def _names(rules: list[PolicyRule]) -> bool:
    """Whether a rule opens more than the API server and nodes, whose addresses Pods have."""
    return any(
        (p.subtract(fixed_ports(r), KUBE_API) or _by_name(r)) and not _of_nodes(r) for r in rules
    )


def _of_nodes(rule: PolicyRule) -> bool:
    """Whether it opens nodes only, whose addresses Pods have from the kubelet."""
    return bool(rule.peers) and all(peer.nodes for peer in rule.peers or ())


def _by_name(rule: PolicyRule) -> bool:
    return any(port.name for port in rule.ports or ())


def _over_udp(seen: View) -> Violations:
    """Policies that ask DNS over UDP only, of Pods that are not in the input."""
    opened: dict[tuple[str, str], Ports] = {}
    for policy, direction, rule in seen.network_rules():
        if direction == "egress":
            key = (policy.namespace, str(policy.subject.pods))
            opened[key] = p.union(opened.get(key, p.NONE), fixed_ports(rule))
    told: set[int] = set()
    for policy, direction, rule in seen.network_rules():
        if direction != "egress" or id(policy) in told or policy.namespace in seen.known:
            continue
        subjects = {str(policy.subject.pods), str(EVERYTHING)}
        found = [opened.get((policy.namespace, x), p.NONE) for x in subjects]
        asks = rule.ports is not None and fixed_ports(rule).covers(UDP)
        if not asks or any(x.covers(TCP) for x in found) or seen.selected(policy):
            continue
        told.add(id(policy))
        yield violation(
            f"{display_name(policy.resource)} allows its Pods DNS over UDP only",
            Place(policy.resource, rule.path),
            severity=Severity.WARNING,
            impact=_CUT,
        )


def reached(net: Net, pod: Pod) -> Ports:
    """What is open to any DNS server that there may be: the cluster's, the set's, a public one."""
    total = p.NONE
    for server, port in dns_servers():
        found = net.possible(pod, server)
        for protocol, asked in (("UDP", UDP), ("TCP", TCP)):
            if p.intersect(found, p.ports(protocol, port)):
                total = p.union(total, asked)
    rules = [r for policy in net.acting("egress", pod) for r in policy.egress]
    about = any(p.intersect(fixed_ports(r), p.union(UDP, TCP)) for r in rules)
    if not about or total.covers(p.union(UDP, TCP)):
        return total
    for block in _blocks(net, pod):
        total = p.union(
            total, net.possible(pod, External("", block - net.world.pod_range - services()))
        )
    for other, span in net.outward(pod):
        if other is not pod:
            total = p.union(total, p.intersect(span.maybe, net.inward(other, pod).maybe))
    return total


def _blocks(net: Net, pod: Pod) -> Iterator[Addresses]:
    for policy in net.acting("egress", pod):
        for rule in policy.egress:
            for peer in rule.peers or ():
                if peer.block is not None:
                    yield peer.block


def _finding(seen: View, who: str, place: Place, pod: Pod, reached: Ports) -> Violation:
    if reached.covers(UDP):
        return violation(
            f"{who} use DNS over UDP only", place, severity=Severity.WARNING,
            impact=_CUT,
        )  # fmt: skip
    private = [
        External("", block & (seen.world.pod_range | services()))
        for block in _blocks(seen.net, pod)
    ]
    if any(x.addresses and seen.net.possible(pod, x).covers(UDP) for x in private):
        return violation(
            f"{who} use DNS at private addresses only", place, severity=Severity.WARNING,
            impact=_ADDRESSES,
        )  # fmt: skip
    return violation(f"{who} connect but does not allow DNS", place)
