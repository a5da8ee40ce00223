"""The ConfigMaps and Secrets that a pod spec refers to, each with its place in the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.manifest.document import Path
from stackgen.record import record


@record
class Reference:
    """A reference. key: what of the object is wanted; empty for all of it. path: in the spec."""

    kind: str
    name: str
    key: str
    path: Path


def references(spec: Mapping[str, Any]) -> Iterator[Reference]:
    """What containers and volumes refer to; what is optional, or a template, is left out."""
    for section in ("initContainers", "containers"):
        for i, container in maps(spec.get(section)):
            yield from _of_container(container, (section, i))
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
