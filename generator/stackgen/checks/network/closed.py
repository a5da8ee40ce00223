"""Which needs the policies of a bundle close, and what would open them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from stackgen.checks.context import Context
from stackgen.checks.network.callers import calls
from stackgen.checks.network.needs import Need, Way
from stackgen.checks.network.needs import need as need_of
from stackgen.checks.network.own_needs import own_needs
from stackgen.checks.network.routed_needs import Routed
from stackgen.checks.network.unseen import Unseen, dns_servers
from stackgen.checks.network.view import together, view
from stackgen.checks.serving.chain import chain
from stackgen.net import ports as p
from stackgen.net.evaluate import Net
from stackgen.net.model import Pod
from stackgen.net.policies import Direction
from stackgen.record import record

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
        self.routed = Routed(self.seen, chain(context), self.unseen)

    def all(self) -> Iterator[Need]:
        """Every need of the Pods of the bundle."""
        for need in self._all():
            if all(way.ports for way in need.ways) and not need.pod.host_network:
                yield need

    def _all(self) -> Iterator[Need]:
        yield from self.routed.needs()
        pickers = frozenset(id(pod) for x in self.routed.pools for pod in self.routed.picker(x)[0])
        yield from own_needs(self.seen, self.routed.links, pickers)
        yield from calls(self.seen, self.routed, self.unseen)

    def serving_pods(self) -> Iterator[tuple[Pod, str]]:
        """Model servers and endpoint pickers of the bundle, each with what it is."""
        return self.routed.serving_pods()

    @cached_property
    def closed(self) -> dict[tuple[int, Direction], list[Answer]]:
        """The needs that are not open, by Pod and direction; none without policies.

        A stack that was built here is left out: `net-required-flows` proves its connections.
        """
        found: dict[tuple[int, Direction], list[Answer]] = {}
        if self.seen.context.plan is not None or not self.seen.policies:
            return found
        for need in self.all():
            answer = self.answer(need)
            if not answer.open:
                found.setdefault((id(need.pod), need.direction), []).append(answer)
        for (_, direction), answers in found.items():
            pod = answers[0].need.pod
            # net-dns speaks of Pods that have egress rules.
            if direction == "egress" and not any(
                x.egress for x in self.seen.net.acting("egress", pod)
            ):
                servers = tuple(server for server, _ in dns_servers()[:2])
                names = need_of(pod, "egress", servers, DNS, "DNS")
                answers.append(Answer(names, False, answers[0].doubt))
        return found

    def closed_at(self, pod: Pod, direction: Direction) -> list[Answer]:
        """The needs of a direction of a Pod that are not open."""
        return self.closed.get((id(pod), direction), [])

    def answer(self, need: Need) -> Answer:
        """What the policies of both readings say."""
        if not self._judged(need):
            return Answer(need, True)
        doubts = [self._in(net, need) for net in (self.seen.net, self.seen.by_address)]
        if doubts[0] is None:
            return Answer(need, True)
        if doubts[1] is None:
            return Answer(need, False, "on Dataplane V2, where an ipBlock does not match Pods")
        return Answer(need, False, doubts[0])

    def _judged(self, need: Need) -> bool:
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


def needs(context: Context) -> Needs:
    """The needs of a context, shared by all rules."""
    return context.once(Needs)
