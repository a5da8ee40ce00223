"""A port of a policy that is a Service's, where Istio compares the port of the Pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, Chain, Pods, chain
from stackgen.checks.serving.mesh import SECURITY
from stackgen.checks.serving.services.workload_ports import mapped_port
from stackgen.digits import to_int
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """One finding for each port that a Service of the Pods maps to another one."""
    links = chain(context)
    for kind in ("AuthorizationPolicy", "PeerAuthentication"):
        for policy in context.bundle.of_kind(kind, SECURITY):
            labels = as_dict(policy.get("spec", "selector", "matchLabels"))
            pods = links.selected(policy.namespace, labels) if labels else []
            told = False
            for path, port in _ports(policy) if pods else ():
                target = mapped_port(links, policy.namespace, pods, port)
                if target is not None:
                    told = True
                    yield violation(
                        f"{port} is the port of Service {target[0]}; the Pods listen on "
                        f"{target[1]}, and {kind} {policy.name} compares that",
                        Place(policy, path, key=kind == "PeerAuthentication"),
                    )
            if kind == "AuthorizationPolicy":
                yield from _at_gateways(links, policy)
            if pods and not told and kind == "AuthorizationPolicy":
                yield from _behind_no_service(links, policy, pods)


def _at_gateways(links: Chain, policy: Resource) -> Violations:
    """Rules for ports that no listener of the Gateway of Istio has that the policy is for."""
    targets = [one for _, one in maps(policy.get("spec", "targetRefs"))]
    ports: set[int] = set()
    for one in targets:
        gateway = links.find("Gateway", policy.namespace, text(one.get("name")), GATEWAY_API)
        if one.get("kind") != "Gateway" or gateway is None:
            return
        own = gateway.get("spec", "gatewayClassName") == "istio"
        given = [entry.get("port") for _, entry in maps(gateway.get("spec", "listeners"))]
        if not own or not given or gateway.get("spec", "allowedListeners") is not None:
            return
        ports |= {port for port in given if isinstance(port, int)}
    for path, port in _ports(policy) if targets else ():
        if port not in ports:
            yield violation(
                f"no listener of Gateway {text(targets[0].get('name'))} has port {port}; its "
                f"ports are {', '.join(map(str, sorted(ports)))}",
                Place(policy, path),
            )


def _behind_no_service(links: Chain, policy: Resource, pods: list[Pods]) -> Violations:
    """An ALLOW policy for ports that the Pods do not have, and to which no Service leads."""
    rules = [rule for _, rule in maps(policy.get("spec", "rules"))]
    asked = [as_list(as_dict(to.get("operation")).get("ports")) for x in rules for to in _to(x)]
    if policy.get("spec", "action") not in (None, "ALLOW") or not asked or not all(asked):
        return
    if not all(map(_to, rules)) or not all(str(one).isdecimal() for x in asked for one in x):
        return
    wanted = {to_int(str(one)) for x in asked for one in x}
    ports: set[int] = set()
    for service in links.of("Service", ""):
        chosen = as_dict(service.get("spec", "selector"))
        if service.namespace == policy.namespace and chosen.items() <= pods[0].labels.items():
            for _, entry in maps(service.get("spec", "ports") if chosen else ()):
                target = entry.get("targetPort", entry.get("port"))
                if isinstance(target, str):
                    target = dict(pods[0].ports()).get(target)
                if not isinstance(target, int):
                    return
                ports.add(target)
    declared = {number for one in pods for _, number in one.ports()}
    if ports and len(pods) == 1 and not wanted & (ports | declared):
        allowed = ", ".join(map(str, sorted(wanted)))
        yield violation(
            f"AuthorizationPolicy {policy.name} allows port {allowed} only, and Services lead to "
            f"{', '.join(map(str, sorted(ports)))} of the Pods",
            Place(policy, ("spec", "rules"), key=True),
        )


def _to(rule: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for _, one in maps(rule.get("to"))]


def _ports(policy: Resource) -> Iterator[tuple[Path, int]]:
    for number in as_dict(policy.get("spec", "portLevelMtls")):
        if str(number).isdecimal():
            yield ("spec", "portLevelMtls", number), to_int(str(number))
    for i, rule in maps(policy.get("spec", "rules")):
        for j, to in maps(rule.get("to")):
            for field in ("ports", "notPorts"):
                for k, one in enumerate(as_list(as_dict(to.get("operation")).get(field))):
                    if str(one).isdecimal():
                        path: Path = ("spec", "rules", i, "to", j, "operation", field, k)
                        yield path, to_int(str(one))
