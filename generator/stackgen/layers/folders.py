"""Which folders the layers filled, and why: delivery and index files depend on that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackgen.manifest.resource import Resource
from stackgen.origin import Origin, Traced

Folders = Mapping[str, Traced[bool]]


def folders_of(resources: Iterable[Resource]) -> dict[str, Traced[bool]]:
    """Every folder that holds an object, with what decides whether it holds any.

    A folder goes away only when all its objects do: it depends on the spec values that every one
    of them depends on, and on nothing when one object is always there.
    """
    members: dict[str, list[Resource]] = {}
    for resource in resources:
        members.setdefault(resource.file.rpartition("/")[0], []).append(resource)
    return {folder: Traced(True, _condition(folder, inside)) for folder, inside in members.items()}


def _condition(folder: str, inside: list[Resource]) -> Origin:
    why = f"{folder} holds something"
    conditions = [r.condition for r in inside]
    if None in conditions:
        return Origin("computed", "folder", why)
    leaves = [{o.path: o for o in c.leaves() if o.path} for c in conditions if c is not None]
    common = [leaf for path, leaf in leaves[0].items() if all(path in more for more in leaves[1:])]
    return Origin("computed", "folder", why, tuple(common))
