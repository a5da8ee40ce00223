"""Which ports one endpoint may reach on another, exactly, and which policies decide it.

Semantics: the NetworkPolicy API reference and its conformance tests; tiers: the Network Policy
API. Where something is not known (labels of a namespace that is not declared, a Pod's address, a
host-network Pod), the answer has ports that are possible without being certain.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import field
from typing import TypeGuard

from stackgen.net import ports as p
from stackgen.net.match import NOTHING, Matcher, Span
from stackgen.net.model import Endpoint, Node, Pod, World
from stackgen.net.policies import Direction, Policy, PolicyRule
from stackgen.net.ports import Ports
from stackgen.net.selectors import given_by_controllers
from stackgen.record import record

_CILIUM = "cilium.io"


class Reading(enum.Enum):
    """Whether an ipBlock matches a Pod by its address; data planes differ, the API leaves it open.

    PODS_HAVE_IDENTITIES: never (GKE Dataplane V2, Cilium). PODS_ARE_ADDRESSES: yes (Calico).
    """

    PODS_HAVE_IDENTITIES = "identities"
    PODS_ARE_ADDRESSES = "addresses"


READINGS = tuple(Reading)


@record
class Decider:
    """A rule that takes part in the answer: it allows, denies or may do so."""

    policy: Policy
    rule: PolicyRule
    ports: Ports
    certain: bool = True

    def __str__(self) -> str:
        return f"{self.policy.name}#{self.rule.index}"


@record
class Side:
    """One direction at one end. allowed: for certain; possible: those and the unknown ones.

    isolated_by: NetworkPolicies that close the direction; none: everything is allowed.
    deciders: rules that matched, by the order they count. note: why there is nothing to decide.
    """

    allowed: Ports
    possible: Ports
    isolated_by: tuple[Policy, ...] = ()
    deciders: tuple[Decider, ...] = ()
    note: str = ""


@record
class Verdict:
    """Both ends together."""

    egress: Side
    ingress: Side

    @property
    def allowed(self) -> Ports:
        """Ports that are open for certain."""
        return p.intersect(self.egress.allowed, self.ingress.allowed)

    @property
    def possible(self) -> Ports:
        """Ports that are open, or may be; all others are denied."""
        return p.intersect(self.egress.possible, self.ingress.possible)

    @property
    def unknown(self) -> Ports:
        """Ports about which nothing certain can be said."""
        return p.subtract(self.possible, self.allowed)


OPEN = Side(p.ALL, p.ALL)
UNDEFINED = Side(p.NONE, p.ALL, note="what policies do to host-network Pods is undefined")
EVERYTHING = Span(p.ALL, p.ALL)


class Net:
    """A world with its policies, in one reading. Answers are kept: ask the same one again."""

    def __init__(self, world: World, policies: Iterable[Policy], reading: Reading) -> None:
        self.world = world
        self.policies = tuple(policies)
        self.reading = reading
        self.matcher = Matcher(world, reading is Reading.PODS_ARE_ADDRESSES)
        self._by_label: dict[tuple[str, str, str], list[tuple[int, Policy]]] = {}
        self._by_namespace: dict[str, list[tuple[int, Policy]]] = {}
        self._unlabelled: dict[str, list[tuple[int, Policy]]] = {}
        for number, policy in enumerate(self.policies):
            self._index(number, policy)
        self._selected: dict[tuple[int, Direction], tuple[_Chosen, ...]] = {}
        self._rows: dict[tuple[int, Direction], _Row] = {}
        self._outward: dict[int, list[tuple[Endpoint, Span]]] = {}
        self._shared: dict[tuple[object, ...], _Row] = {}
        self._kept: dict[int, Endpoint] = {}  # whose identities are keys must not be freed

    def _index(self, number: int, policy: Policy) -> None:
        """By the first label that the policy demands of its pods: few policies have the same."""
        self._by_namespace.setdefault(policy.namespace, []).append((number, policy))
        for requirement in policy.subject.pods.requirements if policy.subject.pods else ():
            if requirement.operator == "In" and not given_by_controllers(requirement.key):
                for value in requirement.values:
                    key = (policy.namespace, requirement.key, value)
                    self._by_label.setdefault(key, []).append((number, policy))
                return
        self._unlabelled.setdefault(policy.namespace, []).append((number, policy))

    def _candidates(self, namespace: str, pod: Pod) -> list[Policy]:
        """The policies of a namespace that may act on the Pod, in their order."""
        if not pod.complete:
            return [policy for _, policy in self._by_namespace.get(namespace, ())]
        found = list(self._unlabelled.get(namespace, ()))
        for key, value in pod.labels.items():
            found += self._by_label.get((namespace, key, value), ())
        return [policy for _, policy in sorted(found, key=lambda x: x[0])]

    def verdict(self, source: Endpoint, destination: Endpoint, *, itself: bool = False) -> Verdict:
        """What `source` may reach on `destination`.

        Two Pods of one workload are two Pods; `itself`: one Pod that talks to itself.
        """
        if itself:
            alone = Side(p.ALL, p.ALL, note="a Pod always reaches itself")
            return Verdict(alone, alone)
        return Verdict(
            self.side("egress", source, destination), self.side("ingress", destination, source)
        )

    def allowed(self, source: Endpoint, destination: Endpoint) -> Ports:
        """The certain ports of `verdict`, without its reasons."""
        into = self._span("ingress", destination, source).sure
        if not into:
            return into
        return p.intersect(into, self._span("egress", source, destination).sure)

    def possible(self, source: Endpoint, destination: Endpoint) -> Ports:
        """The possible ports of `verdict`, without its reasons."""
        into = self._span("ingress", destination, source).maybe
        if not into:
            return into
        return p.intersect(into, self._span("egress", source, destination).maybe)

    def outward(self, source: Endpoint) -> list[tuple[Endpoint, Span]]:
        """The endpoints of the world that `source` itself may send to, and on which ports."""
        row = self._row("egress", source)
        world = self.world.endpoints
        if row.others is None:
            asked = ((other, self._span("egress", source, other)) for other in world)
            return [(other, span) for other, span in asked if span.maybe]
        if id(row) not in self._outward:
            named = sorted(self.world.numbers[one] for one in row.spans)
            ends = world if row.others.maybe else [world[number] for number in named]
            spans = ((other, row.spans.get(id(other), row.others)) for other in ends)
            self._outward[id(row)] = [(other, span) for other, span in spans if span.maybe]
        return self._outward[id(row)]

    def inward(self, destination: Endpoint, source: Endpoint) -> Span:
        """The ports on which `destination` itself lets `source` in."""
        return self._span("ingress", destination, source)

    def opened(self, direction: Direction, own: Endpoint, other: Endpoint) -> Ports:
        """The possible ports of `side`, without its reasons."""
        return self._span(direction, own, other).maybe

    def side(self, direction: Direction, own: Endpoint, other: Endpoint) -> Side:
        """What the policies of `own` say about traffic with `other`."""
        fixed = _fixed(direction, own, other)
        if fixed is not None:
            return fixed
        assert isinstance(own, Pod)
        chosen = self.selecting(direction, own)
        if not chosen:
            return Side(p.ALL, p.ALL, note="no policy selects it")
        deciders: list[Decider] = []
        span = self._decide(chosen, direction, own, other, deciders)
        isolating = tuple(c.policy for c in chosen if direction in c.policy.isolates)
        return Side(span.sure, span.maybe, isolating, tuple(deciders))

    def _span(self, direction: Direction, own: Endpoint, other: Endpoint) -> Span:
        mine, theirs = id(own), id(other)
        key = (mine, direction)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._row(direction, own)
            self._kept[mine] = own
        found = row.spans.get(theirs) or row.apart.get(theirs)
        if found is None and theirs in self.world.numbers:
            found = row.others
        if found is None:
            side = self.side(direction, own, other)
            found = row.apart[theirs] = Span(side.allowed, side.possible)
            self._kept[theirs] = other
        return found

    def _row(self, direction: Direction, own: Endpoint) -> _Row:
        """The answers for every endpoint of the world, found from the rules' own members.

        Asking each rule about each endpoint would take too long in a world of a thousand pods. Pods
        on which the same policies act share a row. Where tiers come in, the row is empty and
        answers are worked out one by one.
        """
        chosen = self.selecting(direction, own) if _governed(own) else ()
        if any(c.policy.tier != "network" or not c.certain for c in chosen):
            return _Row(None)
        key: tuple[object, ...] = (direction, _governed(own), isinstance(own, Pod))
        key += tuple(id(c.policy) for c in chosen)
        if direction == "ingress" and isinstance(own, Pod) and _named_ports(direction, chosen):
            key += (tuple(sorted(own.ports.items())), own.ports_known)
        if key not in self._shared:
            self._shared[key] = self._new_row(direction, own, chosen)
        return self._shared[key]

    def _new_row(self, direction: Direction, own: Endpoint, chosen: tuple[_Chosen, ...]) -> _Row:
        if not _governed(own):
            fixed = UNDEFINED if isinstance(own, Pod) else OPEN
            row = _Row(Span(fixed.allowed, fixed.possible))
        else:
            row = _Row(NOTHING if chosen else EVERYTHING)
        assert row.others is not None
        for one in chosen:
            for rule in one.policy.rules(direction):
                for other, certain in self.matcher.members(one.policy, rule):
                    found = self.matcher.span(rule, own if direction == "ingress" else other)
                    number = id(other)
                    held = row.spans.get(number, row.others)
                    row.spans[number] = Span(
                        p.union(held.sure, found.sure) if certain else held.sure,
                        p.union(held.maybe, found.maybe),
                    )
        for other in self.world.special:
            answer = _fixed(direction, own, other)
            if answer is not None:
                row.spans[id(other)] = Span(answer.allowed, answer.possible)
        return row

    def acting(self, direction: Direction, pod: Pod) -> list[Policy]:
        """The policies that act on the Pod in this direction, or may, in the order they count."""
        return [chosen.policy for chosen in self.selecting(direction, pod)]

    def selecting(self, direction: Direction, pod: Pod) -> tuple[_Chosen, ...]:
        """The policies that act on the Pod in this direction, in the order they count."""
        key = (id(pod), direction)
        if key not in self._selected:
            found: list[_Chosen] = []
            beside: list[_Chosen] = []
            for policy in (*self._candidates("", pod), *self._candidates(pod.namespace, pod)):
                closes = policy.tier != "network" or direction in policy.isolates
                opens = policy.resource.group == _CILIUM and bool(policy.rules(direction))
                if not (closes or opens):
                    continue
                selects = self.matcher.subject(policy, pod)
                if selects is not False:
                    (found if closes else beside).append(_Chosen(policy, closes and bool(selects)))
            # What closes nothing (enableDefaultDeny: false) opens beside what others close.
            found += beside if found else []
            found.sort(key=_order)
            self._selected[key] = tuple(found)
            self._kept[id(pod)] = pod
        return self._selected[key]

    def _decide(
        self,
        chosen: tuple[_Chosen, ...],
        direction: Direction,
        own: Pod,
        other: Endpoint,
        deciders: list[Decider] | None,
    ) -> Span:
        """The tiers in order. `left`: what no tier has decided yet, for certain and possibly."""
        if not chosen:
            return EVERYTHING
        destination = own if direction == "ingress" else other
        sure, maybe = p.NONE, p.NONE
        left = EVERYTHING
        for tier in ("admin", "network", "baseline"):
            ours = [c for c in chosen if c.policy.tier == tier]
            if not ours:
                continue
            found = _Tier(self.matcher, direction, other, destination, deciders, left)
            if tier == "network":
                found.union(ours)
            else:
                found.first_match(ours)
            sure, maybe = p.union(sure, found.sure), p.union(maybe, found.maybe)
            left = found.left
        return Span(p.union(sure, left.sure), p.union(maybe, left.maybe))


@record
class _Row:
    """The answers of one end. others: for each end of the world that `spans` does not name; None
    where each is worked out alone. apart: those that were, and for ends outside of the world.
    """

    others: Span | None
    spans: dict[int, Span] = field(default_factory=dict)
    apart: dict[int, Span] = field(default_factory=dict)


@record
class _Chosen:
    """A policy that selects a Pod, for certain or possibly."""

    policy: Policy
    certain: bool


def _governed(own: Endpoint) -> TypeGuard[Pod]:
    """Whether policies act on it at all."""
    return isinstance(own, Pod) and not own.host_network


def _named_ports(direction: Direction, chosen: tuple[_Chosen, ...]) -> bool:
    return any(
        port.name for c in chosen for rule in c.policy.rules(direction) for port in rule.ports or ()
    )


def _order(chosen: _Chosen) -> tuple[int, int]:
    return (("admin", "network", "baseline").index(chosen.policy.tier), chosen.policy.priority)


def _fixed(direction: Direction, own: Endpoint, other: Endpoint) -> Side | None:
    """The answers that no rule has a part in."""
    for end in (own, other):
        if isinstance(end, Pod) and end.host_network:
            return UNDEFINED
    if not isinstance(own, Pod):
        return OPEN
    if isinstance(other, Node) and other.local and direction == "ingress":
        return Side(p.ALL, p.ALL, note="the Pod's own node is always let in")
    return None


class _Tier:
    """One tier's work on one connection."""

    def __init__(
        self, matcher: Matcher, direction: Direction, other: Endpoint, destination: Endpoint,
        deciders: list[Decider] | None, left: Span,
    ) -> None:  # fmt: skip
        self.matcher, self.direction = matcher, direction
        self.other, self.destination = other, destination
        self.deciders, self.left = deciders, left
        self.sure, self.maybe = p.NONE, p.NONE

    def _spans(self, chosen: _Chosen) -> Iterable[tuple[PolicyRule, Span]]:
        for rule in chosen.policy.rules(self.direction):
            span = self.matcher.rule(chosen.policy, rule, self.other, self.destination)
            if span.maybe:
                yield rule, span if chosen.certain else Span(p.NONE, span.maybe)

    def _note(self, chosen: _Chosen, rule: PolicyRule, span: Span) -> None:
        if self.deciders is not None:
            found = p.intersect(span.maybe, self.left.maybe)
            if found:
                self.deciders.append(Decider(chosen.policy, rule, found, bool(span.sure)))

    def union(self, chosen: list[_Chosen]) -> None:
        """NetworkPolicies: what any rule allows; where one closes the direction, nothing else."""
        for one in chosen:
            for rule, span in self._spans(one):
                self._note(one, rule, span)
                self.sure = p.union(self.sure, span.sure)
                self.maybe = p.union(self.maybe, span.maybe)
        self.sure = p.intersect(self.sure, self.left.sure)
        self.maybe = p.intersect(self.maybe, self.left.maybe)
        if any(c.certain for c in chosen):
            self.left = Span(p.NONE, p.NONE)
        else:  # perhaps no policy selects the pod: then the next tier decides
            self.left = Span(p.NONE, self.left.maybe)

    def first_match(self, chosen: list[_Chosen]) -> None:
        """Policies with priorities: for every port the first rule that matches has the word."""
        passed = Span(p.NONE, p.NONE)
        for one in chosen:
            for rule, span in self._spans(one):
                self._note(one, rule, span)
                here = Span(
                    p.intersect(span.sure, self.left.sure), p.intersect(span.maybe, self.left.maybe)
                )
                if rule.action == "allow":
                    self.sure = p.union(self.sure, here.sure)
                    self.maybe = p.union(self.maybe, here.maybe)
                elif rule.action == "pass":
                    passed = Span(
                        p.union(passed.sure, here.sure), p.union(passed.maybe, here.maybe)
                    )
                self.left = Span(
                    p.subtract(self.left.sure, span.maybe), p.subtract(self.left.maybe, span.sure)
                )
        self.left = Span(
            p.union(self.left.sure, passed.sure), p.union(self.left.maybe, passed.maybe)
        )
