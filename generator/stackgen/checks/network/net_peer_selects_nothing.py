"""A peer that matches no pod."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.view import View, display_name, view
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.net.policies import Peer, Policy
from stackgen.net.selectors import NAME_LABEL

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each peer that matches nothing."""
    seen = view(context)
    for policy, direction, rule in seen.network_rules():
        for peer, path in seen.peers(policy, direction, rule):
            why = _nothing(seen, policy, peer)
            if why:
                message = f"a peer of {display_name(policy.resource)} matches nothing: {why}"
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
