"""What a stack expects in a cluster, compared with the objects of a support bundle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.facts.quantity import number
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record

# Of these the API server shows something else than what is applied.
NOT_COMPARED = ("Secret", "Namespace")


@record
class Expected:
    """An object that should be there. maker: what makes it, if it is not applied."""

    resource: Resource
    maker: str = ""


@record
class Comparison:
    """missing: objects that should be there. drift: objects with the paths that differ.

    unknown: kinds that the bundle does not show for a namespace, so that nothing is known.
    """

    missing: tuple[Expected, ...]
    drift: tuple[tuple[Resource, tuple[Path, ...]], ...]
    unknown: tuple[str, ...]


def compare(expected: Iterable[Expected], shown: Iterable[Resource]) -> Comparison:
    """The comparison. An object is missing only beside objects of its kind and namespace."""
    here = {_key(one): one for one in shown}
    listed = {key[:3] for key in here}
    missing: list[Expected] = []
    drift: list[tuple[Resource, tuple[Path, ...]]] = []
    unknown: dict[str, None] = {}
    for one in expected:
        key = _key(one.resource)
        live = here.get(key)
        if live is not None:
            paths = () if one.maker else tuple(_differences(one.resource, live))
            if paths:
                drift.append((one.resource, paths))
        elif key[:3] in listed:
            missing.append(one)
        else:
            unknown[one.resource.kind] = None
    return Comparison(tuple(missing), tuple(drift), tuple(sorted(unknown)))


def _key(one: Resource) -> tuple[str, str, str, str]:
    return (one.group, one.kind, one.namespace, one.name)


def _differences(wanted: Resource, live: Resource) -> Iterator[Path]:
    """The paths of the spec and data of `wanted` that are different in `live`."""
    if wanted.kind in NOT_COMPARED:
        return
    for field in ("spec", "data"):
        if field in wanted.data:
            yield from _below(wanted.data[field], live.data.get(field), (field,))


def _below(wanted: Any, live: Any, path: Path) -> Iterator[Path]:
    """What the API server and controllers add is no difference."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        for key, value in wanted.items():
            yield from _below(value, live.get(key), (*path, key))
    elif isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        for i, value in enumerate(wanted):
            yield from _below(value, live[i], (*path, i))
    elif not _same(wanted, live):
        yield path


def _same(wanted: Any, live: Any) -> bool:
    if wanted == live or (live is None and wanted in ({}, [], "", None)):
        return True
    if isinstance(wanted, (str, int, float)) and isinstance(live, (str, int, float)):
        # The API server writes 1000m as 1, and may write a number as a string.
        value = number(wanted)
        return str(wanted) == str(live) or (value is not None and value == number(live))
    return False
