"""Sets of IPv4 and IPv6 addresses as intervals."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from functools import lru_cache

from stackgen.net import intervals
from stackgen.net.intervals import Intervals
from stackgen.record import slotted


@slotted
class Addresses:
    """Addresses of both families, each a set of intervals."""

    v4: Intervals = ()
    v6: Intervals = ()

    def __bool__(self) -> bool:
        return bool(self.v4 or self.v6)

    def __or__(self, other: Addresses) -> Addresses:
        return Addresses(intervals.union(self.v4, other.v4), intervals.union(self.v6, other.v6))

    def __and__(self, other: Addresses) -> Addresses:
        return Addresses(
            intervals.intersect(self.v4, other.v4), intervals.intersect(self.v6, other.v6)
        )

    def __sub__(self, other: Addresses) -> Addresses:
        return Addresses(
            intervals.subtract(self.v4, other.v4), intervals.subtract(self.v6, other.v6)
        )

    def inside(self, other: Addresses) -> bool | None:
        """True when all of it is in `other`, False when nothing is, None when some is."""
        return _inside(self, other)

    def ranges(self) -> Iterator[str]:
        """`first-last` of each interval, or the address alone; IPv4 first."""
        for low, high in self.v4:
            a, b = ipaddress.IPv4Address(low), ipaddress.IPv4Address(high)
            yield str(a) if a == b else f"{a}-{b}"
        for low, high in self.v6:
            c, d = ipaddress.IPv6Address(low), ipaddress.IPv6Address(high)
            yield str(c) if c == d else f"{c}-{d}"

    def __str__(self) -> str:
        return ",".join(self.ranges())


@lru_cache(maxsize=4096)  # rules of many policies name the same ranges, in each environment
def _inside(one: Addresses, other: Addresses) -> bool | None:
    if not one & other:
        return False
    return True if not one - other else None


NOWHERE = Addresses()
EVERYWHERE_V4 = Addresses(v4=((0, 2**32 - 1),))
EVERYWHERE = Addresses(v4=((0, 2**32 - 1),), v6=((0, 2**128 - 1),))


def network(cidr: object) -> Addresses | None:
    """The addresses of `a.b.c.d/n` (or one address); None when it is not an address range.

    Host bits are masked away, as data planes do.
    """
    if not isinstance(cidr, str):
        return None
    try:
        found = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None
    span = (int(found.network_address), int(found.broadcast_address))
    return Addresses(v4=(span,)) if found.version == 4 else Addresses(v6=(span,))


def networks(cidrs: Iterable[object]) -> Addresses:
    """The union of several ranges; those that are no ranges count for nothing."""
    total = NOWHERE
    for cidr in cidrs:
        total = total | (network(cidr) or NOWHERE)
    return total


def split(blocks: Iterable[Addresses]) -> list[Addresses]:
    """All addresses, taken apart so that each part is inside or outside of every block."""
    distinct = list(dict.fromkeys(blocks))
    v4 = _pieces([b.v4 for b in distinct], 2**32 - 1)
    v6 = _pieces([b.v6 for b in distinct], 2**128 - 1)
    keys = sorted({*v4, *v6}, key=lambda k: (v4.get(k) or ((2**32, 0),), v6.get(k, ())))
    return [Addresses(v4.get(k, ()), v6.get(k, ())) for k in keys]


def _pieces(blocks: list[Intervals], last: int) -> dict[frozenset[int], Intervals]:
    """The numbers up to `last`, grouped by the blocks they are in."""
    edges: dict[int, list[int]] = {0: []}
    for number, block in enumerate(blocks):
        for low, high in block:
            edges.setdefault(low, []).append(number)
            if high < last:
                edges.setdefault(high + 1, []).append(~number)
    found: dict[frozenset[int], list[tuple[int, int]]] = {}
    inside: set[int] = set()
    points = sorted(edges)
    for low, following in zip(points, [*points[1:], last + 1], strict=True):
        for change in sorted(edges[low]):  # leaving (negative) before entering
            if change < 0:
                inside.discard(~change)
            else:
                inside.add(change)
        found.setdefault(frozenset(inside), []).append((low, following - 1))
    return {key: intervals.normal(pairs) for key, pairs in found.items()}
