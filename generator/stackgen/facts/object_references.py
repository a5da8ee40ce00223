"""Which objects an object names, and from which objects controllers make others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.facts.containers import containers
from stackgen.facts.shape import as_dict, at, maps, matches, plain, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.shipped import shipped
from stackgen.record import record
from stackgen.regex import regex

# Fields of a spec that name a Secret which is there already, and no parts of manifests.
_SECRET_FIELD = regex(r"spec\.(?:(?!template|patches|extraObjects).)*[sS]ecret\Z")


@record
class Reference:
    """A reference. key: what of the object is wanted; empty for all of it. path: in the spec."""

    kind: str
    name: str
    key: str
    path: Path


def references(spec: Mapping[str, Any]) -> Iterator[Reference]:
    """What containers and volumes refer to; what is optional, or a template, is left out."""
    for path, container in containers(spec):
        yield from _of_container(container, path)
    for i, volume in maps(spec.get("volumes")):
        yield from _of_volume(volume, ("volumes", i))
        for j, source in maps(at(volume, "projected", "sources")):
            yield from _of_volume(source, ("volumes", i, "projected", "sources", j))


def _of_container(container: Mapping[str, Any], path: Path) -> Iterator[Reference]:
    for i, variable in maps(container.get("env")):
        for word, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            at_path: Path = (*path, "env", i, "valueFrom", word)
            yield from _reference(kind, at(variable, "valueFrom", word), at_path)
    for i, source in maps(container.get("envFrom")):
        for word, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            yield from _reference(kind, source.get(word), (*path, "envFrom", i, word))


def _of_volume(volume: Mapping[str, Any], path: Path) -> Iterator[Reference]:
    for word, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "")):
        source = as_dict(volume.get(word))
        called = name or ("secretName" if "secretName" in source else "name")
        yield from _reference(kind, source, (*path, word), called)


def _reference(kind: str, data: Any, path: Path, name: str = "name") -> Iterator[Reference]:
    source = as_dict(data)
    called = text(source.get(name))
    if not called or source.get("optional") is True or not plain(called):
        return
    if "key" in source:
        yield Reference(kind, called, text(source["key"]), (*path, "key"))
        return
    yield Reference(kind, called, "", (*path, name))
    for i, item in maps(source.get("items")):
        yield Reference(kind, called, text(item.get("key")), (*path, "items", i, "key"))


@record
class ObjectReference:
    """A reference by name.

    namespace: "" for objects without one. path: where the name stands. others: further kinds of
    which one may have the name. key: what of a ConfigMap or Secret is wanted; "" for all of it.
    """

    kind: str
    group: str
    namespace: str
    name: str
    path: Path
    others: tuple[str, ...] = ()
    key: str = ""


@record
class Made:
    """What a controller makes of an object.

    namespace: "*" for each. keys: those of a ConfigMap or Secret; None where they are not known.
    """

    kind: str
    namespace: str
    name: str
    keys: tuple[str, ...] | None = None


_NAME = regex(r"[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?\Z")


def plain_name(name: str) -> bool:
    """Whether an object may have the name; others are filled in later, or are patterns."""
    return _NAME.match(name) is not None


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


def of_object(resource: Resource) -> tuple[ObjectReference, ...]:
    """What the fields of an object outside of its Pod templates name."""
    return resource.once(_of_object) if resource.kind in _rows() else ()


def _of_object(resource: Resource) -> tuple[ObjectReference, ...]:
    space = resource.name if resource.kind == "Namespace" else resource.namespace
    return tuple(
        ref for row in _rows()[resource.kind] for ref in _of_row(row, resource.data, space)
    )


def of_pod_spec(spec: Mapping[str, Any], namespace: str) -> Iterator[ObjectReference]:
    """What a Pod spec names, without the ConfigMaps and Secrets of `pod_references`."""
    for row in table()["pods"]:
        yield from _of_row(row, spec, namespace)


def of_values(chart: str, values: Mapping[str, Any], namespace: str) -> Iterator[ObjectReference]:
    """What the values of a Helm chart name. namespace: to which it is installed."""
    for row in table()["values"]:
        if chart in row["charts"]:
            yield from _of_row(row, values, namespace)


def _of_row(row: Mapping[str, Any], data: Any, namespace: str) -> Iterator[ObjectReference]:
    for path, value in matches(data, tuple(row["at"])):
        key = row.get("name", "name")
        ref = as_dict(value)
        kind = text(ref.get("kind")) or row.get("kind", "")
        if not kind or ref.get("optional") is True:
            continue
        if at(data, *row.get("unless", ("",))) is not None:
            continue
        group = text(ref.get("group")) or row.get("group", "")
        wanted = text(ref.get(row["key"])) if "key" in row else row.get("wants", "")
        wanted = text(value) if "called" in row else wanted
        others = tuple(row.get("or", ()))
        where = (*path, key) if ref else path
        for own, name in _named(row, text(value)) or (("", text(ref.get(key))),):
            if not plain_name(name) or name in row.get("but", ()):
                continue
            if kind in table()["cluster"] or row.get("scope") == "cluster":
                space = ""
            else:
                said = text(ref.get("namespace")) if row.get("elsewhere") else ""
                within = text(at(data, *row["within"])) if "within" in row else ""
                space = row.get("namespace", own or said or within or namespace)
            yield ObjectReference(kind, group, space, name, where, others, wanted)


def _named(row: Mapping[str, Any], value: str) -> list[tuple[str, str]]:
    """The namespaces, "" for the own, and names in a string: all of it, what a pattern finds, or
    the name that is always so."""
    if "called" in row:
        return [("", str(row["called"]))]
    if not value or "match" not in row:
        return [("", value)] if value else []
    groups = [("", *found.groups("")) for found in re.finditer(row["match"], value)]
    return [(found[-2], found[-1]) for found in groups]


def made_from(resource: Resource) -> Iterator[Made]:
    """What controllers make of the object."""
    for row in _makers().get(resource.kind, ()):
        if row.get("group", resource.group) != resource.group or not _asked(row, resource):
            continue
        space = "*" if row.get("everywhere") else row.get("namespace", resource.namespace)
        if "within" in row:
            space = text(resource.get(*row["within"])) or space
        keys = _keys(row, resource)
        if "at" not in row:
            yield Made(row["makes"], space, resource.name + row.get("suffix", ""), keys)
            continue
        for _, name in matches(resource.data, tuple(row["at"])):
            if isinstance(name, str):
                yield Made(row["makes"], space, name, keys)


def data_keys(resource: Resource) -> tuple[str, ...] | None:
    """The keys of a ConfigMap or Secret; None for one without data, which is filled elsewhere."""
    if resource.group or resource.kind not in ("ConfigMap", "Secret"):
        return None
    parts = ("data", "binaryData", "stringData")
    return tuple(str(key) for part in parts for key in as_dict(resource.get(part))) or None


@cache
def _makers() -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in table()["makers"]:
        for kind in row["kinds"]:
            found.setdefault(kind, []).append(row)
    return {kind: tuple(rows) for kind, rows in found.items()}


def _asked(row: Mapping[str, Any], resource: Resource) -> bool:
    """Whether the object has one of the fields that ask for what the row makes."""
    if "unless" in row and resource.get(*row["unless"]) is not None:
        return False
    if "says" in row and resource.get(*row["says"]["at"]) != row["says"]["value"]:
        return False
    return "if" not in row or any(resource.get(*path) is not None for path in row["if"])


def _keys(row: Mapping[str, Any], resource: Resource) -> tuple[str, ...] | None:
    """The keys of what is made: fixed ones, or those at a path; None if others may be added."""
    if "keys" in row:
        return tuple(row["keys"])
    if "keys_at" not in row or any(resource.get(*path) for path in row.get("open", ())):
        return None
    found: list[str] = []
    for _, value in matches(resource.data, tuple(row["keys_at"])):
        found += [str(key) for key in value] if isinstance(value, dict) else [str(value)]
    return tuple(found) or None


def secrets_of_spec(bundle: Bundle) -> set[str]:
    """The Secrets that fields of a spec name: it also says who brings them."""
    origins = {
        id(origin): origin
        for one in bundle.objects
        for path, origin in one.origins.items()
        if path[-1] in ("name", "secretName") and len(path) > 2
    }
    written = (leaf for origin in origins.values() for leaf in origin.leaves())
    return {one.value for one in written if one.value and _SECRET_FIELD.match(one.name)}
