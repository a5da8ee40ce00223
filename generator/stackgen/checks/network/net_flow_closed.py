"""A connection that a workload of the input needs, and that its policies close."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.needs import Need, needs_of
from stackgen.checks.network.view import View, display_name, fixed_ports, view
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.net import ports as p
from stackgen.net.evaluate import Net
from stackgen.net.model import Pod
from stackgen.net.policies import Direction, Policy
from stackgen.net.ports import Ports
from stackgen.net.selectors import EVERYTHING

RULE = rule_named(__name__)

# What the rules of a policy open in a direction, for whatever peer; everything for a named port.
Openings = dict[tuple[int, Direction], Ports]


def check(context: Context) -> Iterator[Finding]:
    """One finding for each direction of a Pod, with everything that it cuts.

    A stack that was built here is left out: `net-required-flows` proves its connections.
    """
    if context.plan is not None:
        return
    seen = view(context)
    if not seen.policies:
        return
    closed: dict[tuple[int, Direction], dict[Need, None]] = {}
    openings: Openings = {}
    for need in needs_of(context, seen):
        if need.ports and _closed(need, seen.net, openings):
            closed.setdefault(_key(need), {})[need] = None
    for found in closed.values():
        yield _finding(seen, list(found), openings)


def _key(need: Need) -> tuple[int, Direction]:
    return id(need.pod), need.direction


def _closed(need: Need, net: Net, openings: Openings) -> bool:
    """Whether no policy opens any port of the need to any of its peers."""
    acting = net.acting(need.direction, need.pod)
    if need.pod.host_network or not acting or any(x.tier != "network" for x in acting):
        return False
    if not any(chosen.certain for chosen in net.selecting(need.direction, need.pod)):
        return False
    if not need.others:
        return not any(_may_open(policy, need, openings) for policy in acting)
    opened = (net.opened(need.direction, need.pod, other) for other in need.others)
    return not any(p.intersect(ports, need.ports) for ports in opened)


def _may_open(policy: Policy, need: Need, openings: Openings) -> bool:
    """Whether a rule opens a port of the need, for whatever peer."""
    key = (id(policy), need.direction)
    if key not in openings:
        rules = policy.rules(need.direction)
        named = any(port.name for rule in rules for port in rule.ports or ())
        openings[key] = p.ALL if named else p.NONE
        for rule in rules if not named else ():
            openings[key] = p.union(openings[key], fixed_ports(rule))
    return bool(p.intersect(openings[key], need.ports))


def _finding(seen: View, needs: list[Need], openings: Openings) -> Finding:
    pod, direction = needs[0].pod, needs[0].direction
    policy = max(seen.net.acting(direction, pod), key=_narrowness)
    both = any(_closed(need, seen.by_address, openings) for need in needs)
    certain = both and any(need.certain for need in needs)
    word = "to" if direction == "egress" else "from"
    cut = list(dict.fromkeys(f"{word} {need.what} ({_ports(need)})" for need in needs))
    where = "" if both else " on Dataplane V2, where an ipBlock does not match Pods"
    return RULE.finding(
        f"{display_name(policy.resource)} closes {direction} of {pod.namespace}/{pod.name}{where}: "
        f"{', '.join(cut)}",
        Place(policy.resource, ("spec", direction), key=True),
        *_pod_place(pod, policy),
        severity=None if certain else Severity.WARNING,
    )


def _pod_place(pod: Pod, policy: Policy) -> Iterator[Place]:
    if pod.resource is not None and pod.resource is not policy.resource:
        yield Place(pod.resource, ("metadata", "name"), note="needs this connection")


def _narrowness(policy: Policy) -> int:
    return len((policy.subject.pods or EVERYTHING).requirements)


def _ports(need: Need) -> str:
    return "any port" if need.ports == p.ALL else str(need.ports)
