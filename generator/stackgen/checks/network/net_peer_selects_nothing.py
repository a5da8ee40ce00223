"""A peer that matches no pod."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.closed import Needs, needs
from stackgen.checks.network.view import display_name, fixed_ports
from stackgen.findings.model import Place, Violations, violation
from stackgen.net import ports as p
from stackgen.net.policies import Direction, Policy, PolicyRule


def check(context: Context) -> Violations:
    """One finding for each peer that matches nothing."""
    known = needs(context)
    seen = known.seen
    for policy, direction, rule in seen.network_rules():
        for peer, path in seen.peers(policy, direction, rule):
            why = seen.nothing(policy, peer)
            if why and not _told(known, policy, direction, rule):
                message = f"a peer of {display_name(policy.resource)} matches nothing: {why}"
                yield violation(message, Place(policy.resource, path))


def _told(known: Needs, policy: Policy, direction: Direction, rule: PolicyRule) -> bool:
    """Whether `net-flow-closed` speaks of the peers of the rule."""
    closed = known.closed_by.get((id(policy), direction), p.NONE)
    return bool(p.intersect(fixed_ports(rule), closed))
