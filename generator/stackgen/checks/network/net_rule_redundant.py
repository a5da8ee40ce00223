"""A rule that another one contains."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.view import display_name, view
from stackgen.findings.model import Place, Violations, violation
from stackgen.net import ports as p
from stackgen.net.policies import Direction, Peer, Policy, PolicyRule
from stackgen.net.selectors import EVERYTHING


def check(context: Context) -> Violations:
    """One finding for each rule that a rule about the same Pods (or more) contains."""
    seen = view(context)
    spaces: dict[tuple[str, str, str], _Space] = {}
    rules = [_Judged(i, *one) for i, one in enumerate(seen.network_rules())]
    for rule in rules:
        spaces.setdefault(rule.about, _Space()).add(rule)
    for rule in rules:
        # Only a rule about the same Pods, or about all, can contain another.
        about = dict.fromkeys((rule.about, (*rule.about[:2], str(EVERYTHING))))
        around = {x.number: x for key in about if key in spaces for x in spaces[key].around(rule)}
        for _, other in sorted(around.items()):
            if rule is other or not _contains(other, rule):
                continue
            # Of two that are equal the first stays.
            if rule.number < other.number and _contains(rule, other):
                continue
            yield violation(
                f"{display_name(rule.policy.resource)} allows no connection that "
                f"{display_name(other.policy.resource)} does not allow",
                Place(rule.policy.resource, rule.rule.path),
                Place(other.policy.resource, other.rule.path, note="allows all of it"),
            )
            break


class _Judged:
    """A rule with what the comparison asks for. about: whose Pods, and in which direction."""

    def __init__(self, number: int, policy: Policy, direction: Direction, rule: PolicyRule) -> None:
        self.number, self.policy, self.rule = number, policy, rule
        self.about = (policy.namespace, direction, str(policy.subject.pods))
        self.peers = None if rule.peers is None else frozenset(rule.peers)
        self.names = {(x.protocol, x.name) for x in rule.ports or () if x.name}
        self.ports = p.NONE
        for port in rule.ports or ():
            if not port.name:
                self.ports = p.union(self.ports, p.ports(port.protocol, port.low, port.high))


class _Space:
    """The rules about the same Pods, by the peers that they name."""

    def __init__(self) -> None:
        self.any: list[_Judged] = []
        self.by_peer: dict[Peer, list[_Judged]] = {}
        self.all: list[_Judged] = []

    def add(self, rule: _Judged) -> None:
        """One rule more."""
        self.all.append(rule)
        if rule.peers is None:
            self.any.append(rule)
        for peer in rule.peers or ():
            self.by_peer.setdefault(peer, []).append(rule)

    def around(self, rule: _Judged) -> list[_Judged]:
        """The rules that may name every peer of `rule`."""
        if rule.peers is None:
            return self.any
        if not rule.peers:
            return self.all
        fewest = min((self.by_peer.get(peer, []) for peer in rule.peers), key=len)
        return [*self.any, *fewest]


def _contains(wider: _Judged, rule: _Judged) -> bool:
    everyone = wider.policy.subject.pods == EVERYTHING
    if not everyone and wider.policy.subject != rule.policy.subject:
        return False
    if wider.peers is not None and (rule.peers is None or not rule.peers <= wider.peers):
        return False
    if wider.rule.ports is None:
        return True
    if rule.rule.ports is None:
        return False
    return rule.names <= wider.names and wider.ports.covers(rule.ports)
