"""Which objects an object names, and from which objects controllers make others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.facts.shape import as_dict, at, matches, plain, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.record import record


@record
class ObjectReference:
    """A reference by name.

    namespace: "" for objects without one. path: where the name stands. others: further kinds of
    which one may have the name.
    """

    kind: str
    group: str
    namespace: str
    name: str
    path: Path
    others: tuple[str, ...] = ()


@cache
def table() -> Mapping[str, Any]:
    """object_references.yaml; see there for the fields."""
    found: Mapping[str, Any] = shipped(__file__, "object_references.yaml")
    return found


@cache
def _rows() -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in table()["objects"]:
        for kind in row["kinds"]:
            found.setdefault(kind, []).append(row)
    return {kind: tuple(rows) for kind, rows in found.items()}


def of_object(resource: Resource) -> Iterator[ObjectReference]:
    """What the fields of an object outside of its pod templates name."""
    for row in _rows().get(resource.kind, ()):
        space = resource.name if resource.kind == "Namespace" else resource.namespace
        yield from _of_row(row, resource.data, space)


def of_pod_spec(spec: Mapping[str, Any], namespace: str) -> Iterator[ObjectReference]:
    """What a pod spec names, without the ConfigMaps and Secrets of `pod_references`."""
    for row in table()["pods"]:
        yield from _of_row(row, spec, namespace)


def _of_row(row: Mapping[str, Any], data: Any, namespace: str) -> Iterator[ObjectReference]:
    for path, value in matches(data, tuple(row["at"])):
        key = row.get("name", "name")
        ref = as_dict(value)
        name = text(value) or text(ref.get(key))
        kind = text(ref.get("kind")) or row.get("kind", "")
        if not name or not kind or not plain(name) or ref.get("optional") is True:
            continue
        if name in row.get("but", ()) or at(data, *row.get("unless", ("",))) is not None:
            continue
        group = text(ref.get("group")) or row.get("group", "")
        if kind in table()["cluster"] or row.get("scope") == "cluster":
            space = ""
        else:
            space = (text(ref.get("namespace")) if row.get("elsewhere") else "") or namespace
        where = (*path, key) if ref else path
        yield ObjectReference(kind, group, space, name, where, tuple(row.get("or", ())))


def made_from(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """Kind, namespace and name of what a controller makes of the object; "*": of each namespace."""
    for row in table()["makers"]:
        if row["kind"] != resource.kind or row.get("group", resource.group) != resource.group:
            continue
        space = "*" if row.get("everywhere") else resource.namespace
        if "at" not in row:
            yield row["makes"], space, resource.name + row.get("suffix", "")
            continue
        for _, name in matches(resource.data, tuple(row["at"])):
            if isinstance(name, str):
                yield row["makes"], space, name
