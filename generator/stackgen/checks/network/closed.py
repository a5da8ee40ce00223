"""Which needs the policies of a bundle close, and what would open them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cached_property

from stackgen.checks.context import Context
from stackgen.checks.network.callers import calls
from stackgen.checks.network.needs import Need, Way
from stackgen.checks.network.needs import need as need_of
from stackgen.checks.network.own_needs import own_needs
from stackgen.checks.network.routed_needs import Routed
from stackgen.checks.network.unseen import Unseen, dns_servers
from stackgen.checks.network.view import fixed_ports, together, view
from stackgen.checks.serving.chain import chain
from stackgen.findings.model import Place
from stackgen.net import ports as p
from stackgen.net.evaluate import Net
from stackgen.net.model import Pod
from stackgen.net.policies import Direction, Policy
from stackgen.net.ports import Ports
from stackgen.net.selectors import EVERYTHING
from stackgen.record import record

_EXTRA = "/extra/"  # the folder of `spec.extraObjects` in each environment of out/
DNS = p.union(p.ports("UDP", 53), p.ports("TCP", 53))


@record
class Answer:
    """Whether a need is open. doubt: where alone it is closed; "" for everywhere."""

    need: Need
    open: bool
    doubt: str = ""


class Needs:
    """The needs of a bundle, and what its policies say about them."""

    def __init__(self, context: Context) -> None:
        self.seen = view(context)
        self.unseen = Unseen(self.seen)
        self.routed = Routed(self.seen, chain(context))
        self._answers: dict[tuple[object, ...], Answer] = {}
        self._narrowest: dict[tuple[int, Direction], dict[str, Policy]] = {}
        self._useless: dict[tuple[int, Direction], list[tuple[Ports, Place]]] = {}
        self._muted: dict[int, bool] = {}

    def all(self) -> Iterator[Need]:
        """Every need of the Pods of the bundle; of Pods that policies cannot tell apart, one."""
        told: set[tuple[object, ...]] = set()
        for need in self._all():
            if need.pod.host_network or not all(way.ports for way in need.ways):
                continue
            key = self._key(need)
            if need.own or key not in told:
                told.add(key)
                yield need

    def _all(self) -> Iterator[Need]:
        yield from self.routed.needs()
        pickers = frozenset(id(pod) for x in self.routed.pools for pod in self.routed.picker(x)[0])
        yield from own_needs(self.seen, self.routed.links, pickers)
        yield from calls(self.seen, self.routed)

    def serving_pods(self) -> Iterator[tuple[Pod, str]]:
        """Model servers and endpoint pickers of the bundle, each with what it is."""
        return self.routed.serving_pods()

    @cached_property
    def closed(self) -> dict[tuple[int, Direction], list[Answer]]:
        """The needs that are not open, by Pod and direction; none without policies.

        Of a stack that was built here, only those of its extra objects are asked for:
        `net-required-flows` proves its own connections.
        """
        found: dict[tuple[int, Direction], list[Answer]] = {}
        built = self.seen.context.plan is not None
        if not self.seen.policies or (built and not any(map(_is_extra, self.seen.world.pods))):
            return found
        for need in self.all():
            if built and not any(map(_is_extra, _ends(need))):
                continue
            answer = self.answer(need)
            if answer.open:
                continue
            for pod in (need.pod,) if need.own else self.seen.same(need.pod):
                mine = Answer(dataclasses.replace(need, pod=pod), False, answer.doubt)
                found.setdefault((id(pod), need.direction), []).append(mine)
        for (_, direction), answers in found.items():
            if direction == "egress" and self._mute(answers[0].need.pod):
                answers.append(Answer(self._dns(answers[0].need.pod), False, answers[0].doubt))
        return found

    def _mute(self, pod: Pod) -> bool:
        """Whether a Pod has no egress rule at all; net-dns speaks of the others."""
        key = id(self.seen.alike(pod))
        if key not in self._muted:
            acting = self.seen.net.acting("egress", self.seen.alike(pod))
            self._muted[key] = not any(policy.egress for policy in acting)
        return self._muted[key]

    def _dns(self, pod: Pod) -> Need:
        servers = tuple(server for server, _ in dns_servers()[:2])
        return need_of(pod, "egress", servers, DNS, "DNS", own=True)

    def closed_at(self, pod: Pod, direction: Direction) -> list[Answer]:
        """The needs of a direction of a Pod that are not open."""
        return self.closed.get((id(pod), direction), [])

    @cached_property
    def closed_by(self) -> dict[tuple[int, Direction], Ports]:
        """By policy and direction, the ports of closed needs of the Pods that it acts on."""
        found: dict[tuple[int, Direction], Ports] = {}
        firsts = {id(pod): pod for pod in self.seen.distinct}
        for (key, direction), answers in self.closed.items():
            if key in firsts:
                total = p.NONE
                for answer in answers:
                    total = p.union(total, answer.need.ports)
                for policy in self.seen.net.acting(direction, firsts[key]):
                    at = (id(policy), direction)
                    found[at] = p.union(found.get(at, p.NONE), total)
        return found

    def blamed(self, pod: Pod, direction: Direction) -> Policy:
        """The policy to fix: about the fewest Pods, in the folder nearest to that of the Pod."""
        first = self.seen.alike(pod)
        key = (id(first), direction)
        if key not in self._narrowest:
            by_folder: dict[str, Policy] = {}
            chosen = self.seen.net.selecting(direction, first)
            sure = [one for one in chosen if one.certain] or chosen
            for policy in (one.policy for one in sure):
                for folder in _folders(policy.resource.file):
                    before = by_folder.get(folder)
                    if before is None or _narrowness(policy) > _narrowness(before):
                        by_folder[folder] = policy
            self._narrowest[key] = by_folder
        near = _folders(pod.resource.file) if pod.resource is not None else [""]
        return next(self._narrowest[key][x] for x in near if x in self._narrowest[key])

    def useless(self, policy: Policy, direction: Direction) -> list[tuple[Ports, Place]]:
        """The peers of a policy that match no Pod, with the ports that their rules open."""
        key = (id(policy), direction)
        if key not in self._useless:
            self._useless[key] = [
                (fixed_ports(rule), Place(policy.resource, path, note=f"matches nothing: {why}"))
                for rule in policy.rules(direction)
                for peer, path in self.seen.peers(policy, direction, rule)
                if (why := self.seen.nothing(policy, peer))
            ]
        return self._useless[key]

    def _key(self, need: Need) -> tuple[object, ...]:
        return id(self.seen.alike(need.pod)), need.direction, need.what, need.ports

    def answer(self, need: Need) -> Answer:
        """What the policies of both readings say."""
        key = self._key(need)
        if key not in self._answers:
            pod = self.seen.alike(need.pod)
            self._answers[key] = self._answer(dataclasses.replace(need, pod=pod))
        found = self._answers[key]
        return Answer(need, found.open, found.doubt)

    def _answer(self, need: Need) -> Answer:
        if not self._by_network_policies(need):
            return Answer(need, True)
        doubts = [self._in(net, need) for net in (self.seen.net, self.seen.by_address)]
        if doubts[0] is None:
            return Answer(need, True)
        if doubts[1] is None:
            return Answer(need, False, "on Dataplane V2, where an ipBlock does not match Pods")
        return Answer(need, False, doubts[0])

    def _by_network_policies(self, need: Need) -> bool:
        """Whether NetworkPolicies alone decide, and one of them acts on the Pod for certain."""
        chosen = self.seen.net.selecting(need.direction, need.pod)
        if any(one.policy.tier != "network" for one in chosen):
            return False
        own = need.pod.resource
        return any(
            one.certain and (own is None or together(one.policy.resource, own)) for one in chosen
        )

    def _in(self, net: Net, need: Need) -> str | None:
        """Where the need is closed in a reading: "" for everywhere; None if it is open."""
        doubt = ""
        for way in need.ways:
            if self._open(net, need, way):
                if not way.doubt:
                    return None
                doubt = way.doubt
        return doubt

    def _open(self, net: Net, need: Need, way: Way) -> bool:
        if not way.others:
            acting = net.acting(need.direction, need.pod)
            found = (self.unseen.opened_to_any(policy, need.direction) for policy in acting)
        else:
            found = (
                self.unseen.opened(net, need.direction, need.pod, other) for other in way.others
            )
        return any(p.intersect(ports, way.ports) for ports in found)


def _folders(file: str) -> list[str]:
    """The folder of a file and those around it, the nearest first; at last "", which has all."""
    parts = file.split("/")[:-1]
    return ["/".join(parts[:n]) for n in range(len(parts), 0, -1)] + [""]


def _narrowness(policy: Policy) -> int:
    return len((policy.subject.pods or EVERYTHING).requirements)


def needs(context: Context) -> Needs:
    """The needs of a context, shared by all rules."""
    return context.once(Needs)


def _ends(need: Need) -> Iterator[Pod]:
    """The Pods at both ends of a connection."""
    for end in (need.pod, *(end for way in need.ways for end in way.others)):
        if isinstance(end, Pod):
            yield end


def _is_extra(pod: Pod) -> bool:
    """Whether a Pod is of an object of `spec.extraObjects`."""
    return pod.resource is not None and _EXTRA in pod.resource.file
