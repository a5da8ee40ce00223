"""A rule that another one contains."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.view import display_name, view
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.net import ports as p
from stackgen.net.policies import Policy, PolicyRule, Port
from stackgen.net.selectors import EVERYTHING

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each rule that a rule about the same pods (or more) contains."""
    seen = view(context)
    # Only a rule about the same pods, or about all, can contain another.
    spaces: dict[tuple[str, str, str], list[tuple[int, Policy, PolicyRule]]] = {}
    rules = list(seen.network_rules())
    for i, (policy, direction, rule) in enumerate(rules):
        key = (policy.namespace, direction, str(policy.subject.pods))
        spaces.setdefault(key, []).append((i, policy, rule))
    for same in spaces.values():
        for i, policy, rule in same:
            direction = rules[i][1]
            all_pods = spaces.get((policy.namespace, direction, str(EVERYTHING)), [])
            around = same if same is all_pods else sorted([*same, *all_pods], key=lambda x: x[0])
            for j, other, wider in around:
                if i == j or not _contains(other, wider, policy, rule):
                    continue
                # Of two that are equal the first stays.
                if i < j and _contains(policy, rule, other, wider):
                    continue
                yield RULE.finding(
                    f"{display_name(policy.resource)} allows no connection that "
                    f"{display_name(other.resource)} does not allow",
                    Place(policy.resource, rule.path),
                    Place(other.resource, wider.path, note="allows all of it"),
                )
                break


def _contains(other: Policy, wider: PolicyRule, policy: Policy, rule: PolicyRule) -> bool:
    everyone = other.subject.pods == EVERYTHING
    if not everyone and other.subject != policy.subject:
        return False
    if wider.peers is not None and (rule.peers is None or not {*rule.peers} <= {*wider.peers}):
        return False
    if wider.ports is None:
        return True
    return rule.ports is not None and _within(rule.ports, wider.ports)


def _within(ports: tuple[Port, ...], wider: tuple[Port, ...]) -> bool:
    names = {(x.protocol, x.name) for x in wider if x.name}
    total = p.NONE
    for port in wider:
        if not port.name:
            total = p.union(total, p.ports(port.protocol, port.low, port.high))
    return all(
        (x.protocol, x.name) in names
        if x.name
        else total.covers(p.ports(x.protocol, x.low, x.high))
        for x in ports
    )
