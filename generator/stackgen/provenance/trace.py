"""Why the value at a place of the output is what it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.secret_values import to_show, value_at
from stackgen.origin import Origin, shown
from stackgen.provenance.places import FilePlace, ObjectPlace, path_at
from stackgen.record import record


@record
class Trace:
    """A place in the output, its value without secrets, and the origin of it.

    For a mapping or list the origin stands for everything in it.
    """

    resource: Resource
    path: Path
    line: int
    column: int
    value: Any
    origin: Origin


def find(bundle: Bundle, place: FilePlace | ObjectPlace) -> Trace:
    """The trace of a place. Raises UsageError when there is no such place."""
    if isinstance(place, FilePlace):
        resource = _file(bundle, place)
        path = path_at(resource.marks, place.line, place.column)
    else:
        resource = _object(bundle.resources, place)
        path = place.path
        if path in resource.absent:
            return Trace(resource, path, 1, 1, None, _left_out(resource.absent[path]))
        if path and resource.get(*path) is None:
            raise UsageError(f"{place.kind}/{place.name} has nothing at that path")
    return trace(resource, path)


def _left_out(condition: Origin) -> Origin:
    return Origin("computed", "left out", "a condition of the spec does not hold", (condition,))


def trace(resource: Resource, path: Path) -> Trace:
    """The trace of `path` in `resource`."""
    mark = resource.mark(path)
    line, column = (mark.line, mark.column) if mark else (1, 1)
    value = value_at(to_show(resource.data), path)
    return Trace(resource, path, line, column, value, origin_at(resource, path))


def origin_at(resource: Resource, path: Path) -> Origin:
    """The origin of the value at `path`; of a container, one that has all its leaves as inputs."""
    found = resource.origins.get(path)
    if found is not None:
        return found
    size = len(path)
    inside = {id(o): o for p, o in resource.origins.items() if p[:size] == path}
    if not inside:
        raise UsageError(f"{resource.file} has nothing at that path")
    inputs = tuple(inside.values())
    return Origin("computed", "container", f"holds {len(inputs)} values", inputs, value=shown(""))


def _file(bundle: Bundle, place: FilePlace) -> Resource:
    for resource in bundle.resources:
        if resource.file == place.file:
            lines = resource.text.count("\n")
            if place.line > lines:
                raise UsageError(f"{place.file} has {lines} lines")
            return resource
    raise UsageError(f"{place.file}: stackgen does not render this file")


def _object(resources: Iterable[Resource], place: ObjectPlace) -> Resource:
    named = [
        r
        for r in resources
        if r.kind.lower() == place.kind.lower()
        and r.name == place.name
        and place.namespace in ("", r.namespace)
        and not r.index
    ]
    if not named:
        raise UsageError(f"stackgen renders no {place.kind}/{place.name}")
    if len(named) > 1:
        where = ", ".join(f"{r.kind}/{r.namespace}/{r.name} in {r.file}" for r in named)
        raise UsageError(f"{place.kind}/{place.name} is ambiguous: {where}")
    return named[0]
