"""An entry of a kustomization that matches none of its resources."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.provided import file_of
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, plain, text, texts
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse

_SOURCES = ("resources", "bases")
_ADDED = {"metadata", "labels", "annotations", "selector", "matchLabels"}
_CHANGES = ("patchesStrategicMerge", "patchesJson6902")
# What gives resources other names or images, or brings others.
_OTHERS = (
    "namePrefix", "nameSuffix", "configMapGenerator", "secretGenerator", "helmCharts", "generators",
    "transformers", "components", "replacements", "vars", "configurations",
)  # fmt: skip


def check(context: Context) -> Violations:
    """Targets of patches and names of images, where all resources are in the input."""
    indexes = {os.path.dirname(r.file): r for r in context.bundle.resources if r.index}
    files: dict[str, list[Resource]] = {}
    for one in context.bundle.objects:
        files.setdefault(os.path.normpath(file_of(one)), []).append(one)
    for folder, index in indexes.items():
        objects = _objects(folder, indexes, files, 0)
        # A component patches the resources of what includes it.
        if objects is None or not objects or index.kind == "Component":
            continue
        yield from _patches(index, objects, _patched(index, indexes, folder))
        if not index.get("images"):
            continue
        images = {t for one in objects for path, t in texts(one.data) if path[-1:] == ("image",)}
        names = {re.split(r"[@]|:(?!.*/)", image)[0] for image in images}
        for i, image in maps(index.get("images")):
            name = text(image.get("name"))
            if name and names and all(map(plain, names)) and name not in names:
                near = [x for x in sorted(names) if x.rpartition("/")[2] == name.rpartition("/")[2]]
                if near:
                    yield violation(
                        f"no resource has the image {visible(name)}; there is {visible(near[0])}",
                        Place(index, ("images", i, "name")),
                    )


def _patched(index: Resource, indexes: dict[str, Resource], folder: str) -> bool:
    """Whether a kustomization below, or a merge patch of this one, changes the resources before."""
    merged = any(index.get(field) for field in ("patchesStrategicMerge", "patchesJson6902"))
    given = [text(patch.get("patch")) or "merge" for _, patch in maps(index.get("patches"))]
    if merged or not all(one.lstrip().startswith(("- ", "[")) for one in given):
        return True
    below = [os.path.normpath(os.path.join(folder, entry)) for entry in _entries(index)]
    return any(
        path in indexes
        and (
            any(indexes[path].get(field) for field in (*_CHANGES, "patches"))
            or any(
                os.path.normpath(os.path.join(path, e)) in indexes for e in _entries(indexes[path])
            )
        )
        for path in below
    )


def _paths(index: Resource, i: int, patch: str, objects: list[Resource]) -> Violations:
    """Operations of an inline JSON patch whose path the target does not have."""
    added: list[str] = []
    for document in parse(patch, "patch", learning=False) if patch else ():
        for _, one in maps(document.data):
            operation, path = text(one.get("op")), text(one.get("path"))
            parts = [p.replace("~1", "/").replace("~0", "~") for p in path.split("/")[1:]]
            # Labels and annotations are added by other fields of a kustomization.
            if not parts or _ADDED & {*parts} or any(path.startswith(a) for a in added):
                continue
            needed = parts[:-1] if operation == "add" else parts
            if operation == "add":
                added.append(path)
            for target in objects:
                known = operation in ("add", "replace", "remove", "test")
                there = _there(target.data, needed) and not _beyond(target.data, parts)
                if known and not there:
                    where = visible(
                        "/" + "/".join(parts if _there(target.data, needed) else needed)
                    )
                    yield violation(
                        f"{target.kind} {visible(target.name)} has no {where}, so that "
                        f"`{operation}` of the patch fails",
                        Place(index, ("patches", i, "patch")),
                        severity=Severity.ERROR,
                    )
                    break


def _there(data: Any, parts: list[str]) -> bool:
    for part in parts:
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list) and (part == "-" or part.isdecimal()):
            if part != "-" and int(part[:9]) >= len(data):
                return False
            data = data[int(part[:9])] if part != "-" else None
        else:
            return False
    return True


def _beyond(data: Any, parts: list[str]) -> bool:
    """Whether the last part is an index after the end of a list: an item is added at most there."""
    for part in parts[:-1]:
        inner = isinstance(data, list) and part.isdecimal() and int(part[:9]) < len(data)
        data = data.get(part) if isinstance(data, dict) else data[int(part[:9])] if inner else None
    return isinstance(data, list) and parts[-1].isdecimal() and int(parts[-1][:9]) > len(data)


def _patches(index: Resource, objects: list[Resource], patched: bool) -> Violations:
    for i, patch in maps(index.get("patches")):
        target = as_dict(patch.get("target"))
        name, kind = text(target.get("name")), text(target.get("kind"))
        given = [value for value in target.values() if isinstance(value, str)]
        # Without a name, a target is what its kind selects.
        selected = not name and kind and {*target} <= {"group", "version", "kind"}
        if not (name or selected) or not all(map(plain, given)):
            continue
        meant = [one for one in objects if _matches(target, one)]
        if meant:
            if not patched:
                yield from _paths(index, i, text(patch.get("patch")), meant)
            continue
        if not name:
            continue
        said = f"{kind} {name}".strip()
        yield violation(
            f"no resource is {visible(said)}, so the patch has no effect",
            Place(index, ("patches", i, "target")),
        )


def _matches(target: dict[str, Any], one: Resource) -> bool:
    """Kustomize takes names and kinds of a target as regular expressions for the whole."""
    for field, value in (("name", one.name), ("kind", one.kind)):
        wanted = text(target.get(field))
        try:
            if wanted and not re.fullmatch(wanted, value):
                return False
        except re.error:
            return True
    return True


def _objects(
    folder: str, indexes: dict[str, Resource], files: dict[str, list[Resource]], depth: int
) -> list[Resource] | None:
    """The objects that a kustomization reads; None where not all of them are in the input."""
    index = indexes.get(folder)
    if index is None or depth > 10 or any(index.get(field) for field in _OTHERS):
        return None
    found: list[Resource] = []
    for entry in _entries(index):
        path = os.path.normpath(os.path.join(folder, entry))
        if path in files:
            found += files[path]
        elif path in indexes:
            below = _objects(path, indexes, files, depth + 1)
            if below is None:
                return None
            found += below
        else:
            return None
    return found


def _entries(index: Resource) -> Iterator[str]:
    for field in _SOURCES:
        for entry in as_list(index.get(field)):
            yield str(entry)
