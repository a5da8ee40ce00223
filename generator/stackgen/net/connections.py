"""The connectivity map: every pair of endpoints with the ports that are open between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.net import addresses as a
from stackgen.net import ports as p
from stackgen.net.evaluate import Net, Reading
from stackgen.net.model import Endpoint, External, Host, Pod, World
from stackgen.net.policies import Policy
from stackgen.net.ports import Ports
from stackgen.record import record


@record(eq=False)
class Connection:
    """Open ports from one endpoint to another. unknown: those that may be open."""

    source: Endpoint
    destination: Endpoint
    allowed: Ports
    unknown: Ports


def connections(world: World, policies: Iterable[Policy], reading: Reading) -> list[Connection]:
    """Every connection that has at least one Pod of the manifests as an end, sorted by name.

    Talk within one workload, and between endpoints outside of the set, is left out.
    """
    net = Net(world, policies, reading)
    found = []
    for source in world.endpoints:
        if isinstance(source, Host):  # known as a destination only
            continue
        ours = _ours(source)
        for destination, outward in net.outward(source):
            if source is destination or not (ours or _ours(destination)):
                continue
            inward = net.inward(destination, source)
            possible = p.intersect(outward.maybe, inward.maybe)
            if possible:
                allowed = p.intersect(outward.sure, inward.sure)
                unknown = p.subtract(possible, allowed)
                found.append(Connection(source, destination, allowed, unknown))
    found.sort(key=lambda c: (str(c.source), str(c.destination)))
    return found


def _ours(endpoint: Endpoint) -> bool:
    return isinstance(endpoint, Pod) and endpoint.resource is not None


def merged(found: Iterable[Connection]) -> list[Connection]:
    """The same map with outside ranges joined where their ports are the same, sorted by name."""
    kept: list[Connection] = []
    groups: dict[tuple[bool, int, Ports, Ports], list[Connection]] = {}
    for c in found:
        outside = [_is_range(c.source), _is_range(c.destination)]
        if any(outside):
            inner = c.destination if outside[0] else c.source
            key = (outside[0], id(inner), c.allowed, c.unknown)
            groups.setdefault(key, []).append(c)
        else:
            kept.append(c)
    for (incoming, _, allowed, unknown), group in groups.items():
        total = a.NOWHERE
        for c in group:
            end = c.source if incoming else c.destination
            total = total | (end.addresses or a.NOWHERE)
        ends: tuple[Endpoint, Endpoint] = (External("", total), group[0].destination)
        if not incoming:
            ends = (group[0].source, ends[0])
        kept.append(Connection(*ends, allowed, unknown))
    return sorted(kept, key=lambda c: (str(c.source), str(c.destination)))


def _is_range(endpoint: Endpoint) -> bool:
    return isinstance(endpoint, External) and not endpoint.name


def rows(found: Iterable[Connection]) -> Iterator[tuple[str, str, Ports, Ports]]:
    """Source, destination, open and unknown ports; outside addresses range by range."""
    for c in found:
        for source in _names(c.source):
            for destination in _names(c.destination):
                yield source, destination, c.allowed, c.unknown


def _names(endpoint: Endpoint) -> list[str]:
    if isinstance(endpoint, External) and _is_range(endpoint):
        return [f"{span}[External]" for span in endpoint.addresses.ranges()]
    return [str(endpoint)]


@record
class Change:
    """A pair whose open ports differ: `gone` and `new` ones. Unknown ports count as open."""

    source: str
    destination: str
    gone: Ports
    new: Ports


def changes(before: Iterable[Connection], after: Iterable[Connection]) -> list[Change]:
    """The differences between two maps over the same outside ranges, sorted by name."""
    maps = [
        {(s, d): p.union(allowed, unknown) for s, d, allowed, unknown in rows(found)}
        for found in (before, after)
    ]
    out = []
    for pair in sorted({*maps[0], *maps[1]}):
        old, new = (m.get(pair, p.NONE) for m in maps)
        if old != new:
            out.append(Change(*pair, p.subtract(old, new), p.subtract(new, old)))
    return out
