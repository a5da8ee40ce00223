"""A peer that matches no pod."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.view import View, called, view
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.net.policies import Peer, Policy
from stackgen.net.selectors import NAME_LABEL

RULE = Rule(
    id="net-peer-selects-nothing",
    family="network",
    severity=Severity.WARNING,
    confidence="medium",
    summary="A peer of a network policy matches no pod.",
    impact="The rule allows nothing; what it was meant for is blocked.",
    remedy="Use labels that the pods, and their namespace, really have.",
    source="Kubernetes API reference, NetworkPolicyPeer",
    why=(
        "Judged where the manifests show the pods of the namespaces in question, or declare the "
        "namespace that a label seems to name. Without namespaceSelector a podSelector means "
        "pods of the policy's own namespace. Every namespace has the label "
        "kubernetes.io/metadata.name; a label name is there only if somebody set it."
    ),
    bad="ingress: [{from: [{namespaceSelector: {matchLabels: {name: gateways}}}]}]",
    good="""\
ingress:
- from:
  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: gateways}}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each peer that matches nothing."""
    seen = view(context)
    for policy, direction, rule in seen.network_rules():
        for peer, path in seen.peers(policy, direction, rule):
            why = _nothing(seen, policy, peer)
            if why:
                message = f"a peer of {called(policy.resource)} matches nothing: {why}"
                yield RULE.finding(message, Place(policy.resource, path))


def _nothing(seen: View, policy: Policy, peer: Peer) -> str:
    """Why the peer matches nothing; empty when it may match."""
    if peer.block is not None or (peer.pods is None and peer.namespaces is None):
        return ""
    unlabelled = _unlabelled(seen, peer)
    if unlabelled:
        return unlabelled
    names = seen.namespaces_of(peer, policy)
    if not names or not names <= seen.known or peer.pods is None or not peer.pods.requirements:
        return ""
    if any(True for _ in seen.matching(peer, policy)):
        return ""
    elsewhere = sorted({x.namespace for x in seen.world.pods if peer.pods.matches(x.labels)})
    hint = f"; such pods are in {', '.join(elsewhere)}" if elsewhere else ""
    return f"no pod in {', '.join(sorted(names))} has {peer.pods}{hint}"


def _unlabelled(seen: View, peer: Peer) -> str:
    """A label `name` that is meant to be the namespace's name, and is not there."""
    for r in peer.namespaces.requirements if peer.namespaces is not None else ():
        if r.operator != "In" or r.key == NAME_LABEL:
            continue
        declared = [seen.world.namespaces.get(value) for value in sorted(r.values)]
        if all(space is not None and r.key not in space.labels for space in declared):
            spaces = seen.world.namespaces.values()
            if not any(r.holds(space.labels, True) for space in spaces):
                return f"no namespace has the label {r.key}: {', '.join(sorted(r.values))}"
    return ""
