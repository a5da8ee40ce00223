"""Which folders the layers filled, and why: delivery and index files depend on that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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
    return {
        folder: presence(folder, members.get(folder, []), empty.get(folder, []))
        for folder in [*empty, *(one for one in members if one not in empty)]
    }


def presence(what: str, inside: Sequence[Resource], left_out: Sequence[Origin]) -> Traced[bool]:
    """Whether `what` holds an object, and what decides that."""
    if not inside:
        return Traced(False, Origin("computed", "folder", f"{what} holds nothing", tuple(left_out)))
    conditions = [r.condition for r in inside if r.condition is not None]
    depends = common(conditions) if len(conditions) == len(inside) else ()
    return Traced(True, Origin("computed", "folder", f"{what} holds something", depends))
