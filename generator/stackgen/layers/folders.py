"""Which folders the layers filled, and why: delivery and index files depend on that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackgen.manifest.resource import Resource
from stackgen.origin import Origin, Traced, common

Folders = Mapping[str, Traced[bool]]


def folders_of(resources: Iterable[Resource], absent: Mapping[str, Origin]) -> Folders:
    """Every folder that holds an object, or could, with what decides whether it holds any.

    A folder goes away only when all its objects do: it depends on the spec values that every one
    of them depends on, and on nothing when one object is always there. An empty one depends on
    whatever left its files out (`absent`).
    """
    members: dict[str, list[Resource]] = {}
    empty: dict[str, list[Origin]] = {}
    for file, origin in absent.items():
        empty.setdefault(file.rpartition("/")[0], []).append(origin)
    for resource in resources:
        members.setdefault(resource.file.rpartition("/")[0], []).append(resource)
    found = {
        folder: Traced(False, Origin("computed", "folder", f"{folder} holds nothing", tuple(why)))
        for folder, why in empty.items()
    }
    for folder, inside in members.items():
        found[folder] = Traced(True, _condition(folder, inside))
    return found


def _condition(folder: str, inside: list[Resource]) -> Origin:
    conditions = [r.condition for r in inside if r.condition is not None]
    depends = common(conditions) if len(conditions) == len(inside) else ()
    return Origin("computed", "folder", f"{folder} holds something", depends)
