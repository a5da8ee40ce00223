"""Which connections the change opens and closes, by the evaluator of network policies."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, summarize_address_range

from stackgen.facts.pod_templates import workload_kinds
from stackgen.manifest.resource import Bundle
from stackgen.net.model import External, Host, Node, World
from stackgen.net.policies import Policy
from stackgen.platforms.registry import described_kinds
from stackgen.review.exposure import internal_gateways
from stackgen.review.match import Pair
from stackgen.review.model import Connection, Consequence, Side
from stackgen.review.risks import consequence
from stackgen.wording import few

# Endpoints on both sides together beyond which every pair of them takes too long.
MOST = 1200
_OUTSIDE = "[External]"
# With the workload kinds: what decides which Pods there are, and what may talk to them.
_DECIDE = {"NetworkPolicy", "Namespace", "Gateway"}


def connections(old: Side, new: Side, pairs: Iterable[Pair]) -> tuple[tuple[Connection, ...], str]:
    """What opens and closes, and why that is not known, when it is not."""
    touched = {r.kind for p in pairs for r in (p.old, p.new) if r is not None}
    every_kind = {r.kind for side in (old, new) for r in side.objects}
    deciding = _DECIDE | {kind for _, kind in described_kinds() | workload_kinds().keys()}
    if not touched & deciding or "NetworkPolicy" not in every_kind:
        return (), ""
    from stackgen.net.connections import changes, rows
    from stackgen.net.connections import connections as all_of
    from stackgen.net.evaluate import Reading
    from stackgen.net.world import with_ranges

    sides = [_world(side, old, new) for side in (old, new)]
    every = [p for _, policies in sides for p in policies]
    worlds = _with_all_peers([with_ranges(world, every) for world, _ in sides])
    if sum(len(w.endpoints) for w in worlds) > MOST:
        return (), (
            f"connections are not compared: more than {MOST} ends; `stackgen net diff` does it"
        )
    maps = [
        all_of(world, policies, Reading("identities"))
        for world, (_, policies) in zip(worlds, sides, strict=True)
    ]
    # A load balancer inside of the VPC has no clients on the internet, whatever policies allow.
    inside = {
        str(pod)
        for world, side in zip(worlds, (old, new), strict=True)
        for pod in world.pods
        if pod.role == "gateway" and internal_gateways(side.objects)
    }
    made = [{str(pod) for pod in world.pods if pod.resource is not None} for world in worlds]
    outside = {x for m in maps for s, d, _, _ in rows(m) for x in (s, d) if x.endswith(_OUTSIDE)}
    grouped: dict[tuple[str, str, str, str], list[str]] = {}
    for change in changes(*maps):
        ports = (str(change.gone) if change.gone else "", str(change.new) if change.new else "")
        span = next((x for x in (change.source, change.destination) if x in outside), "")
        source, destination = (
            "" if end == span else end for end in (change.source, change.destination)
        )
        key = (source, destination, *ports)
        grouped.setdefault(key, []).append(span.removesuffix(_OUTSIDE))
    found = []
    for (source, destination, gone, opened), spans in grouped.items():
        from_vpc = destination in inside
        away = "clients in the VPC" if from_vpc else f"{few(spans, 2)} (outside)"
        arrived = any((e in made[0]) != (e in made[1]) for e in (source, destination) if e)
        found.append(Connection(
            source or away, destination or away, gone, opened, arrived,
            not from_vpc and any(_public(span) for span in spans if span),
        ))  # fmt: skip
    return tuple(found), ""


def _with_all_peers(worlds: list[World]) -> list[World]:
    """Both worlds with the Pods without an owner in either: who is let in is the change."""
    peers = {
        str(pod): pod for world in worlds for pod in reversed(world.pods) if pod.resource is None
    }
    found = []
    for world in worlds:
        here = {str(pod) for pod in world.pods}
        more = [pod for name, pod in peers.items() if name not in here]
        found.append(dataclasses.replace(world, endpoints=(*world.endpoints, *more)))
    return found


def _public(span: str) -> bool:
    """Whether a range such as `10.0.0.0-10.0.0.255` has addresses of the internet."""
    low, _, high = span.partition("-")
    first, last = ip_address(low), ip_address(high or low)
    nets = summarize_address_range(first, last)
    return any(not network.is_private for network in nets)


def _world(side: Side, old: Side, new: Side) -> tuple[World, list[Policy]]:
    """Pods and policies; the platform's Pods too, when both sides have a plan to tell of them."""
    from stackgen.net.policies import policies_of
    from stackgen.net.profile import profile_of
    from stackgen.net.world import ANY_POD, once, world_of

    bundle = Bundle(side.objects)
    planned = all(s.compiled is not None and s.compiled.plan is not None for s in (old, new))
    if not planned:
        return once(world_of(bundle, catalog=side.catalog)), policies_of(side.objects)
    assert side.compiled is not None and side.compiled.plan is not None
    world = world_of(bundle, profile_of(side.compiled.plan))
    kept = [
        e
        for e in world.endpoints
        if e.role not in ANY_POD and not isinstance(e, (External, Node, Host))
    ]
    return dataclasses.replace(world, endpoints=tuple(kept)), policies_of(side.objects)


def of_connections(found: tuple[Connection, ...]) -> Iterator[Consequence]:
    """The risk of what opens and closes between ends that were there before."""
    for one in together(c for c in found if not c.arrived):
        words = {"source": one.source, "destination": one.destination}
        if one.new:
            name = "opens-outside" if one.outside else "opens"
            instead = f" (before: {one.gone})" if one.gone else ""
            yield consequence(name, ports=f"{one.new}{instead}", **words)
        elif one.gone:
            yield consequence("closes", ports=one.gone, **words)


def together(found: Iterable[Connection]) -> list[Connection]:
    """The connections, with one entry for all sources whose ports to a destination change alike."""
    groups: dict[tuple[str, str, str, bool], list[Connection]] = {}
    for one in found:
        groups.setdefault((one.destination, one.gone, one.new, one.arrived), []).append(one)
    made = []
    for group in groups.values():
        # What leads outside comes first, and its risk counts for all.
        group.sort(key=lambda one: not one.outside)
        source = few((one.source for one in group), 2)
        made.append(dataclasses.replace(group[0], source=source))
    return made
