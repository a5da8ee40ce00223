"""A named port that no Pod has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.view import display_name, view
from stackgen.findings.model import Place, Violations, violation
from stackgen.net.model import Pod
from stackgen.net.policies import Direction, Peer, Policy, PolicyRule


def check(context: Context) -> Violations:
    """One finding for each name that is not to be found."""
    for policy, direction, rule in view(context).network_rules():
        data = policy.resource.get(*rule.path, "ports")
        for i, port in enumerate(data if isinstance(data, list) else ()):
            name = port.get("port") if isinstance(port, dict) else None
            if not isinstance(name, str):
                continue
            protocol = str(port.get("protocol") or "TCP")
            pods = _destinations(context, policy, direction, rule)
            if pods is not None and not any((protocol, name) in x.ports for x in pods):
                yield violation(
                    f"{display_name(policy.resource)} opens the {protocol} port {name!r}, a name "
                    f"that {'none of its pods' if pods else 'no address outside the cluster'} has",
                    Place(policy.resource, (*rule.path, "ports", i, "port")),
                )


def _destinations(
    context: Context, policy: Policy, direction: Direction, rule: PolicyRule
) -> list[Pod] | None:
    """The Pods that listen; None when not all of them are known."""
    seen = view(context)
    if direction == "ingress":
        pods = seen.selected(policy)
        return pods if pods and policy.namespace in seen.known and _own_ports(pods) else None
    if not rule.peers:
        return None
    found: list[Pod] = []
    for peer in rule.peers:
        if peer.block is not None:
            continue
        names = _names(peer, policy)
        if names is None or not names <= seen.known:
            return None
        found.extend(seen.matching(peer, policy))
    return found if _own_ports(found) else None


def _names(peer: Peer, policy: Policy) -> frozenset[str] | None:
    return frozenset({policy.namespace}) if peer.namespaces is None else peer.namespaces.names()


def _own_ports(pods: list[Pod]) -> bool:
    """Whether the manifests say which ports the Pods have; controllers' templates are not here."""
    return not any(x.role for x in pods)
