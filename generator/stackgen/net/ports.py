"""Sets of ports, per protocol, as intervals."""

from __future__ import annotations

from functools import lru_cache

from stackgen.net import intervals
from stackgen.net.intervals import Intervals
from stackgen.record import slotted

PROTOCOLS = ("TCP", "UDP", "SCTP")
EVERY: Intervals = ((1, 65535),)


@slotted
class Ports:
    """Ports of TCP, UDP and SCTP, each a set of intervals within 1-65535."""

    tcp: Intervals = ()
    udp: Intervals = ()
    sctp: Intervals = ()

    def __bool__(self) -> bool:
        return bool(self.tcp or self.udp or self.sctp)

    def of(self, protocol: str) -> Intervals:
        """The intervals of one protocol. KeyError if there is no such protocol."""
        return {"TCP": self.tcp, "UDP": self.udp, "SCTP": self.sctp}[protocol]

    def covers(self, other: Ports) -> bool:
        """Whether every port of `other` is in this set."""
        return not subtract(other, self)

    def __str__(self) -> str:
        if self == ALL:
            return "All Connections"
        parts = []
        for protocol in sorted(PROTOCOLS):
            ranges = [f"{a}" if a == b else f"{a}-{b}" for a, b in self.of(protocol)]
            if ranges:
                parts.append(f"{protocol} {','.join(ranges)}")
        return ",".join(parts) or "No Connections"


NONE = Ports()
ALL = Ports(EVERY, EVERY, EVERY)


def ports(protocol: str, low: int, high: int | None = None) -> Ports:
    """The ports from `low` to `high` (or `low` alone) of one protocol; none outside 1-65535."""
    # A port that is `true` equals 1, and would be kept as the answer for 1.
    first, last = int(low), int(high if high is not None else low)
    held = intervals.normal(((max(first, 1), min(last, 65535)),))
    if protocol == "TCP":
        return Ports(tcp=held)
    if protocol == "UDP":
        return Ports(udp=held)
    return Ports(sctp=held) if protocol == "SCTP" else NONE


@lru_cache(maxsize=4096)
def union(a: Ports, b: Ports) -> Ports:
    """What is in either."""
    return Ports(
        intervals.union(a.tcp, b.tcp),
        intervals.union(a.udp, b.udp),
        intervals.union(a.sctp, b.sctp),
    )


@lru_cache(maxsize=4096)
def intersect(a: Ports, b: Ports) -> Ports:
    """What is in both."""
    return Ports(
        intervals.intersect(a.tcp, b.tcp),
        intervals.intersect(a.udp, b.udp),
        intervals.intersect(a.sctp, b.sctp),
    )


@lru_cache(maxsize=4096)
def subtract(a: Ports, b: Ports) -> Ports:
    """What is in `a` and not in `b`."""
    return Ports(
        intervals.subtract(a.tcp, b.tcp),
        intervals.subtract(a.udp, b.udp),
        intervals.subtract(a.sctp, b.sctp),
    )
