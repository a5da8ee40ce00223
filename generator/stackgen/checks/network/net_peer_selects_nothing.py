"""A peer that matches no pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.checks.context import Context
from stackgen.checks.network.closed import DNS, Needs, needs
from stackgen.checks.network.unseen import dns_servers
from stackgen.checks.network.view import View, display_name, fixed_ports, on_gke
from stackgen.findings.model import Place, Violations, violation
from stackgen.net import ports as p
from stackgen.net.model import Endpoint, Pod
from stackgen.net.policies import Direction, Peer, Policy, PolicyRule


def check(context: Context) -> Violations:
    """One finding for each peer that matches nothing."""
    known = needs(context)
    seen = known.seen
    for policy, direction, rule in seen.network_rules():
        dns: bool | None = None  # the same for all peers of the rule
        for peer, path in seen.peers(policy, direction, rule):
            why = seen.nothing(policy, peer)
            if not why and direction == "egress" and _by_labels(peer):
                dns = _dns_by_address(seen, policy, rule) if dns is None else dns
                why = _no_dns(seen, policy, peer) if dns else ""
            if why and not _told(known, policy, direction, rule):
                message = f"a peer of {display_name(policy.resource)} matches nothing: {why}"
                yield violation(message, Place(policy.resource, path))


def _by_labels(peer: Peer) -> bool:
    return peer.block is None and (peer.pods is not None or peer.namespaces is not None)


def _dns_by_address(seen: View, policy: Policy, rule: PolicyRule) -> bool:
    """Whether a rule for DNS opens an address of GKE, and no DNS Pod.

    `net-dns` speaks of rules that open no DNS server at all.
    """
    if not DNS.covers(fixed_ports(rule)) or not on_gke(seen):
        return False
    opened = [
        server
        for one in rule.peers or ()
        for server, _ in dns_servers()
        if seen.net.matcher.peer(one, policy.namespace, server) is not False
    ]
    return bool(opened) and not any(isinstance(one, Pod) for one in opened)


def _no_dns(seen: View, policy: Policy, peer: Peer) -> str:
    """Why a peer of such a rule means no DNS Pod of GKE."""
    if any(True for _ in seen.matching(peer, policy)):
        return ""
    servers = [server for server, _ in dns_servers()]
    names = ", ".join(f"{key}={value}" for key, value in _labels(servers))
    return f"the DNS Pods of GKE are in kube-system, with {names}"


def _labels(servers: Sequence[Endpoint]) -> Iterator[tuple[str, str]]:
    """The label of each DNS Pod of GKE."""
    for one in servers:
        if isinstance(one, Pod) and one.namespace == "kube-system":
            yield "k8s-app", one.labels["k8s-app"]


def _told(known: Needs, policy: Policy, direction: Direction, rule: PolicyRule) -> bool:
    """Whether `net-flow-closed` speaks of the peers of the rule."""
    closed = known.closed_by.get((id(policy), direction), p.NONE)
    return bool(p.intersect(fixed_ports(rule), closed))
