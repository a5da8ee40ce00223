"""A zone without this TPU generation."""

from __future__ import annotations

from collections.abc import Sequence

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.facts.locations import region_of, unknown_location, zones_with
from stackgen.facts.pools import Pool, priorities
from stackgen.facts.shape import as_dict, as_list, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.plan.model import Priority

SHOWN = 4  # zones in a message


def check(context: Context) -> Violations:
    """One finding for each zone that is in no list, or only in one that drifts."""
    seen = view(context)
    for pool in seen.tpu_pools:
        for zone in pool.zones or ():
            yield from _zone(seen, pool.generation, zone, pool.place(*_path(pool, zone)), pool)
    for resource in seen.classes.values():
        for path, priority in priorities(resource):
            row = seen.catalog.accelerator_of_label(text(as_dict(priority.get("tpu")).get("type")))
            zones = as_dict(priority.get("location")).get("zones")
            for i, zone in enumerate(as_list(zones)):
                if isinstance(zone, str) and plain(zone):
                    entry = _entry(context, resource, path)
                    field: Path = ("location", "zones", i)
                    if entry is not None and not entry.given.zones:
                        field = ("tpu", "type")  # the zone is that of the node pool
                    place = Place(resource, (*path, *field))
                    yield from _zone(seen, row, zone, place, entry=entry)


def _entry(context: Context, resource: Resource, path: Path) -> Priority | None:
    """The entry of `fallback` that a priority was rendered from."""
    if context.plan is None or resource.document is not None:
        return None
    for pool in context.plan.pools:
        if pool.spec.name.value == resource.name and 0 < int(path[-1]) <= len(pool.fallback):
            return pool.fallback[int(path[-1]) - 1]
    return None


def _zone(
    seen: View,
    row: Row | None,
    zone: str,
    place: Place,
    pool: Pool | None = None,
    entry: Priority | None = None,
) -> Violations:
    every = _zones(row) if row is not None else []
    safe = row.data.get("zones_safe", ()) if row is not None else ()
    if row is None or zone in safe or not every or unknown_location(zone, seen.catalog):
        return
    if zone not in every and not _only_by_region(row, zone):
        planned = pool is not None and pool.resource.document is None
        wanted = f", which node pool {pool.name} needs" if pool is not None else ""
        yield violation(
            f"{zone} has no {row.key}{wanted}. {_nearest(row.key, zone, every)}",
            place,
            remedy=_elsewhere(entry, zone, every)
            or _move(seen, pool if planned else None, entry, zone, every),
        )
    elif _area(zone) in {_area(one) for one in safe}:
        yield violation(
            f"{zone} has {row.key} in some lists of zones, but not in Google's own list",
            place,
            severity=Severity.INFO,
            confidence="low",
            remedy=_elsewhere(entry, zone, safe)
            or f"Set the zone to one of Google's own list: {', '.join(safe)}.",
        )


def _nearest(generation: str, zone: str, every: Sequence[str]) -> str:
    """The zones of the same part of the world; else all, or as many as fit on a line."""
    shown = sorted(_near(zone, every))[:SHOWN]
    others = len(every) - len(shown)
    more = (
        f", and in {others} other zones: stackgen catalog show accelerators {generation}"
        if others
        else ""
    )
    return f"It is in {', '.join(shown)}{more}"


def _near(zone: str, every: Sequence[str]) -> list[str]:
    """Those of the same part of the world; else all."""
    return [known for known in every if _area(known) == _area(zone)] or list(every)


def _elsewhere(entry: Priority | None, zone: str, every: Sequence[str]) -> str:
    """What to write in an entry of `fallback`, whose nodes are in the region of the cluster."""
    inside = [known for known in every if region_of(known) == region_of(zone)]
    return f"Set `zones: [{inside[0]}]` on this entry of `fallback`." if entry and inside else ""


def _move(
    seen: View, pool: Pool | None, entry: Priority | None, zone: str, every: Sequence[str]
) -> str:
    if entry is not None:
        return f"Remove this entry of `fallback`: {region_of(zone)} has no other zone for it."
    if pool is None:
        return ""
    others = [one.generation for one in seen.tpu_pools if one.generation is not None]
    shared = (known for known in _near(zone, every) if all(known in _zones(r) for r in others))
    inside = (known for known in every if region_of(known) == region_of(zone))
    cluster, own = next(shared, ""), next(inside, "")
    ways = [f"`spec.cluster.location: {cluster}`"] if cluster else []
    ways += [f"`zone: {own}` on {pool.name}"] if own else []
    if not ways:
        return f"No zone has the accelerators of all node pools. Change that of {pool.name}."
    return f"Set {', or '.join(ways)}."


def _zones(row: Row) -> list[str]:
    """The zones with a generation, those of Google's own list first."""
    safe = row.data.get("zones_safe", ())
    return sorted(zones_with(row), key=lambda zone: zone not in safe)


def _area(zone: str) -> str:
    """The part of the world. Google's own list was read for some parts only."""
    return zone.partition("-")[0]


def _only_by_region(row: Row, zone: str) -> bool:
    """Whether the generation is in the zone's region, and no list says in which of its zones."""
    region = region_of(zone)
    return region in row.data.get("regions", ()) and not zones_with(row, region)


def _path(pool: Pool, zone: str) -> Path:
    locations = pool.get("nodeLocations")
    if isinstance(locations, list) and zone in locations:
        return ("nodeLocations", locations.index(zone))
    return ("location",)
