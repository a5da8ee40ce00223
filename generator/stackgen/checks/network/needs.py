"""The connections that the workloads of any input need, derived from the objects that connect them.

A need is one direction at one Pod. What is outside of the input is unknown, not absent: `unseen`
describes the Pods and addresses that may be there.
"""

from __future__ import annotations

from stackgen.net.model import Endpoint, Pod
from stackgen.net.policies import Direction
from stackgen.net.ports import Ports
from stackgen.record import record


@record
class Way:
    """One way to meet a need: one of `others` on one of `ports`.

    others: empty stands for any peer at all. doubt: where this way does not exist, in words that
    follow "closed"; a need with such a way open is closed only there.
    """

    others: tuple[Endpoint, ...]
    ports: Ports
    doubt: str = ""


@record
class Need:
    """One direction of a connection at `pod`.

    ways: one of them must be open. what: the peer, in words. certain: a closed connection breaks
    serving, and not only an addition such as metrics. own: it is a need of `pod` alone, and not of
    every Pod with the same labels.
    """

    pod: Pod
    direction: Direction
    ways: tuple[Way, ...]
    what: str
    certain: bool = True
    own: bool = False

    @property
    def ports(self) -> Ports:
        """The ports of the first way, which is the usual one."""
        return self.ways[0].ports


def need(
    pod: Pod,
    direction: Direction,
    others: tuple[Endpoint, ...],
    ports: Ports,
    what: str,
    *,
    certain: bool = True,
    own: bool = False,
) -> Need:
    """A need with one way."""
    return Need(pod, direction, (Way(others, ports),), what, certain, own)
