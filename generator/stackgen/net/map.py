"""The connectivity map for people: ends outside of the cluster and of the platform in groups.

Ends share a box if their connections are alike: the same ports, to and from the same boxes. So two
hundred models with a picker each are two boxes. An arrow has a star if not each end of one box is
connected with each of the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from stackgen.net import addresses as a
from stackgen.net import ports as p
from stackgen.net.addresses import Addresses
from stackgen.net.connections import Connection, merged
from stackgen.net.model import Endpoint, External, Host, Node, Pod
from stackgen.net.ports import Ports
from stackgen.net.profile import Profile, data
from stackgen.net.world import internet
from stackgen.record import record
from stackgen.wording import few

Kind = Literal["outside", "platform", "workload"]
FEW = 4  # names of a box before the rest is counted
FEW_RANGES = 2


@record
class End:
    """A box. heads: what it is called. notes: what is said of it. members: all ends in it."""

    kind: Kind
    heads: tuple[str, ...]
    notes: tuple[str, ...]
    members: tuple[str, ...]


@record
class Arrow:
    """Open ports from one end to another, by their numbers in `Map.ends`.

    unknown: ports that may be open. each: from each member of the one to each of the other.
    """

    source: int
    destination: int
    allowed: Ports
    unknown: Ports
    each: bool = True

    @property
    def ports(self) -> str:
        """The ports in short, with a question mark before those that are not certain, and a star
        where not each member is connected with each.
        """
        allowed, unknown = _short(self.allowed), _short(self.unknown)
        text = f"{allowed}, ? {unknown}" if allowed and unknown else allowed or f"? {unknown}"
        return text if self.each else f"{text} *"


@record
class Map:
    """Boxes and arrows.

    hidden: how many connections of platform Pods to ports that are open to the internet are left
    out.
    """

    ends: tuple[End, ...]
    arrows: tuple[Arrow, ...]
    hidden: int = 0


@record
class _Place:
    """An end before it is grouped. side: of the map, for ends outside, which are drawn twice."""

    kind: Kind
    title: str
    name: str
    side: str = ""


def _short(ports: Ports) -> str:
    if ports == p.ALL:
        return "all ports"
    if ports.tcp == ports.udp and not ports.sctp:
        return str(Ports(tcp=ports.tcp)).replace("TCP", "TCP/UDP") if ports else ""
    return str(ports)


_Open = Mapping[tuple[_Place, _Place], tuple[Ports, Ports]]


def ports_text(allowed: Ports, unknown: Ports) -> str:
    """The ports, with a question mark before those that are not certain."""
    if not unknown:
        return str(allowed)
    return f"{allowed}, ? {unknown}" if allowed else f"? {unknown}"


def named_addresses(profile: Profile | None) -> dict[str, Addresses]:
    """What addresses outside of the cluster's Pods are called."""
    rows = data("platform")["addresses"]
    found = {
        rows[role]["name"]: a.networks(rows[role]["cidrs"]) for role in ("metadata", "health-check")
    }
    if profile is not None and profile.api_server:
        found["api-server"] = profile.api_server
    return found


def map_of(found: Iterable[Connection], known: Mapping[str, Addresses] | None = None) -> Map:
    """The map of the connections. known: names of addresses, by `named_addresses`."""
    names = known if known is not None else named_addresses(None)
    open_ports: dict[tuple[_Place, _Place], tuple[Ports, Ports]] = {}
    for c in merged(found):
        for source in _places(c.source, "from", names):
            for destination in _places(c.destination, "to", names):
                allowed, unknown = open_ports.get((source, destination), (p.NONE, p.NONE))
                allowed = p.union(allowed, c.allowed)
                unknown = p.subtract(p.union(unknown, c.unknown), allowed)
                open_ports[source, destination] = allowed, unknown
    covered = set(_covered(open_ports))
    kept = {pair: ports for pair, ports in open_ports.items() if pair not in covered}
    groups = _groups(kept)
    number = {place: i for i, group in enumerate(groups) for place in group}
    pairs = Counter((number[s], number[d], ports) for (s, d), ports in kept.items())
    arrows, inner = [], dict[int, list[str]]()
    for (here, there, ports), count in sorted(pairs.items(), key=lambda one: str(one[0])):
        size = len(groups[here])
        if here == there:
            arrow = Arrow(here, there, *ports, each=count == size * (size - 1))
            inner.setdefault(here, []).append(f"each other: {arrow.ports}")
        else:
            arrows.append(Arrow(here, there, *ports, each=count == size * len(groups[there])))
    ends = (_end(group, inner.get(i, [])) for i, group in enumerate(groups))
    return Map(tuple(ends), tuple(arrows), len(covered))


def _places(end: Endpoint, side: str, known: Mapping[str, Addresses]) -> Iterator[_Place]:
    if isinstance(end, Pod):
        if end.resource is not None or end.kind == "Declared":
            yield _Place("workload", end.namespace, end.name)
        else:
            title = "DNS" if end.role == "dns" else "platform"
            yield _Place("platform", title, f"{end.namespace}/{end.name}")
    elif isinstance(end, Host):
        yield _Place("outside", "hosts", end.name, side)
    elif isinstance(end, Node):
        yield _Place("platform", "nodes", end.name)
    elif end.name:
        yield _Place("outside", end.name, "", side)
    else:
        yield from (_Place("outside", *told, side) for told in _told(end, known))


def _told(end: External, known: Mapping[str, Addresses]) -> Iterator[tuple[str, str]]:
    """What ranges of addresses are called, and what is said of each."""
    where, public = end.addresses, internet()
    vpc = a.networks(data("platform")["vpc"]["cidrs"])
    whole = not (public & a.EVERYWHERE_V4) - where
    if whole and not vpc - where:
        yield "any address", ""
        return
    left = where
    if whole:
        yield "internet", ""
        left = where - public
    for name, addresses in known.items():
        if not addresses - left:
            yield name, ""
            left = left - addresses
    some, rest = left & public, left & vpc
    if some:
        yield _ranges("part of the internet", some)
    if rest:
        yield ("private addresses", "") if not vpc - rest else _ranges("private addresses", rest)
    if left == where and left and not some and not rest:
        yield _ranges("reserved addresses", left)


def _ranges(title: str, where: Addresses) -> tuple[str, str]:
    return title, few(where.ranges(), FEW_RANGES)


def _covered(found: _Open) -> Iterator[tuple[_Place, _Place]]:
    """Connections of platform Pods to ports that are open to the internet as well."""
    public = {
        end: ports for (source, end), ports in found.items()
        if source.kind == "outside" and source.title in ("any address", "internet")
    }  # fmt: skip
    for (source, end), (allowed, unknown) in found.items():
        if source.kind == "platform" and end in public:
            certain, possible = public[end]
            if certain.covers(allowed) and p.union(certain, possible).covers(unknown):
                yield source, end


def _groups(found: _Open) -> list[list[_Place]]:
    """The places whose connections are alike, together: with the same ports to the same groups."""
    talks: dict[_Place, set[tuple[bool, _Place, tuple[Ports, Ports]]]] = {}
    for (source, destination), ports in found.items():
        talks.setdefault(source, set()).add((True, destination, ports))
        talks.setdefault(destination, set()).add((False, source, ports))
    places = sorted(talks, key=_order)
    group: dict[_Place, object] = {one: (one.kind, one.title, one.side) for one in places}
    count = 0
    while True:  # groups are split until nothing in them differs
        numbers: dict[object, int] = {}
        split: dict[_Place, object] = {}
        for one in places:
            seen = frozenset((way, group[other], ports) for way, other, ports in talks[one])
            split[one] = numbers.setdefault((group[one], seen), len(numbers))
        group = split
        if len(numbers) == count:
            break
        count = len(numbers)
    alike: dict[object, list[_Place]] = {}
    for one in places:
        alike.setdefault(group[one], []).append(one)
    return list(alike.values())


def _order(place: _Place) -> tuple[str, ...]:
    return place.side, place.kind, place.title, place.name


def _end(group: Sequence[_Place], inner: Sequence[str]) -> End:
    names = [place.name for place in group if place.name]
    shown = tuple(names[:FEW])
    more = (f"and {len(names) - FEW} more",) if len(names) > FEW else ()
    first = group[0]
    members = tuple(f"{first.title}: {name}" if name else first.title for name in names or [""])
    if first.kind == "workload":
        return End("workload", (*shown, *more), (f"namespace {first.title}", *inner), members)
    return End(first.kind, (first.title,), (*shown, *more, *inner), members)
