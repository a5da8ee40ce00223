"""A node pool whose reservation is for other machines, or in another zone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import Pool
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_list, at, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.spelling import misspelled

_KIND, _GROUP = "ComputeReservation", "compute.cnrm.cloud.google.com"
_BLOCK = regex(r"\$\{(google_compute_reservation\.[\w-]+)\.(?:name|id|self_link)\}\Z")
_AFFINITY: Path = ("nodeConfig", "reservationAffinity", "values")


def check(context: Context) -> Violations:
    """One finding for each difference between a pool and the reservation that it names."""
    made = [
        one
        for one in (*context.bundle.outside, *context.bundle.of_kind(_KIND, _GROUP))
        if one.kind == _KIND
    ]
    by_name = {key: one for one in reversed(made) for key in _keys(one)}
    named = {i: _named(pool, by_name) for i, pool in enumerate(view(context).pools)}
    used = {id(one) for _, one in named.values() if one is not None}
    free = [one for one in made if id(one) not in used]
    for i, pool in enumerate(view(context).pools if made else ()):
        name, found = named[i]
        if found is not None:
            yield from _differences(pool, found)
        elif plain(name) and name:
            near = [one for one in free if _folder(one) == _folder(pool.resource)]
            meant = [one for one in near if len(near) == 1 or misspelled(name, _name(one))]
            if meant:
                yield violation(
                    f"node pool {pool.name} names the reservation {name}, which the input does not "
                    f"make; nothing uses {_name(meant[0])}",
                    pool.place(*_AFFINITY),
                    Place(meant[0], ("metadata", "name")),
                    severity=Severity.WARNING,
                )


def _named(pool: Pool, made: Mapping[str, Resource]) -> tuple[str, Resource | None]:
    """The name of the only reservation of a pool, and the reservation if the input makes it."""
    values = [text(one) for one in as_list(pool.get(*_AFFINITY))]
    if len(values) != 1:
        return "", None
    block = _BLOCK.match(values[0])
    if block is not None:
        return "", made.get(f"{_folder(pool.resource)} {block[1]}")
    name = values[0].rpartition("/")[2]
    return name, made.get(name)


def _keys(one: Resource) -> tuple[str, ...]:
    """By what a pool names it: its name, or its block in the folder."""
    return (_name(one), f"{_folder(one)} {one.name}")


def _folder(one: Resource) -> str:
    return os.path.dirname(one.file)


def _name(one: Resource) -> str:
    block = one.name.startswith("google_")
    return (
        text(one.get("spec", "resourceID"))
        or text(one.get("spec", "name"))
        or ("" if block else one.name)
    )


def _differences(pool: Pool, one: Resource) -> Violations:
    for path, said, severity in _wrong(pool, one):
        yield violation(said, pool.place(*path), Place(one, ("spec",)), severity=severity)


def _wrong(pool: Pool, one: Resource) -> Iterator[tuple[Path, str, Severity | None]]:
    given = one.get("spec", "specificReservation")
    shape = given[0] if isinstance(given, list) and given else given
    zone, called = text(one.get("spec", "zone")), f"reservation {_name(one) or one.name}"
    zones = pool.zones or ()
    if plain(zone) and zone and zones and zone not in zones:
        where = "nodeLocations" if pool.get("nodeLocations") else "location"
        yield (where,), f"node pool {pool.name} is in {', '.join(zones)}, {called} in {zone}", None
    machine = text(at(shape, "instanceProperties", "machineType"))
    if plain(machine) and machine and pool.machine_type and machine != pool.machine_type:
        said = f"node pool {pool.name} has {pool.machine_type}, {called} is for {machine}"
        yield ("nodeConfig", "machineType"), said, None
    count, most = whole(at(shape, "count")), pool.limit("max")
    if count is not None and most is not None and 0 < count < most[0]:
        said = f"node pool {pool.name} can have {most[0]} nodes, and {called} has {count}"
        yield most[1], said, Severity.WARNING
