"""A kustomization that Kustomize does not read."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.gitops.patches import operations, patches
from stackgen.escape import visible
from stackgen.facts.shape import as_list, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Document, Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.spelling import did_you_mean

# Other files that are no objects, such as values of a chart, are indexes as well.
_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_GROUPS = ("", "kustomize.config.k8s.io")
_KINDS = ("", "Kustomization", "Component")
_OPERATIONS = ("add", "copy", "move", "remove", "replace", "test")
_SCALARS = (str, bool, int, float)
_WORDS = {
    "text": "a string", "texts": "a list of strings", "words": "a map of strings",
    "integer": "an integer",
}  # fmt: skip


def check(context: Context) -> Violations:
    """Names and types of fields, cycles, JSON patches that cannot be applied."""
    for index in context.bundle.resources:
        read = index.index and os.path.basename(index.file) in _NAMES
        if read and index.kind in _KINDS and index.group in _GROUPS:
            for path, said in (*_unknown(index), *_types(index), *_above(index)):
                yield violation(said, Place(index, path))
            yield from _json_patches(index, context.bundle.patches)
    yield from _cycles(context.bundle.resources)


@cache
def _file() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "kustomization_fields.yaml")
    return found


def _unknown(index: Resource) -> Iterator[tuple[Path, str]]:
    fields = _file()["fields"]
    parts: list[tuple[Path, Any, Any]] = [((), index.data, fields)]
    for name in _file()["whole"]:
        parts += [((name, i), item, fields[name][0]) for i, item in maps(index.get(name))]
    for path, part, known in parts:
        lower = {name.lower() for name in known}
        for name in map(str, part):
            if name.lower() not in lower:
                what = path[0] if path else "a kustomization"
                hint = did_you_mean(name, known)
                yield (*path, name), f"{what} has no field {visible(name)}{hint}"


def _types(index: Resource) -> Iterator[tuple[Path, str]]:
    for name, kind in _file()["fields"].items():
        value = index.get(name)
        if value is None:
            continue
        if isinstance(kind, str):
            yield from _wrong((name,), value, kind)
            continue
        if not isinstance(value, list):
            yield (name,), f"{name} is not a list of objects"
            continue
        for i, item in enumerate(value):
            if isinstance(item, str) and plain(item):
                fields = f"an object with fields such as `{next(iter(kind[0]))}`"
                yield (name, i), f'"{visible(item)}" is not {fields}'
            if not isinstance(item, dict):
                continue
            for field, inner in kind[0].items():
                if item.get(field) is not None:
                    yield from _wrong((name, i, field), item[field], inner)


def _wrong(path: Path, value: Any, kind: str) -> Iterator[tuple[Path, str]]:
    """The parts of a value that are not of the kind, each with its path."""
    parts: list[tuple[Path, Any]] = [(path, value)]
    if kind == "texts" and isinstance(value, list):
        parts = [((*path, i), item) for i, item in enumerate(value)]
    elif kind == "words" and isinstance(value, dict):
        parts = [((*path, key), item) for key, item in value.items()]
    elif kind in ("texts", "words"):
        yield path, f"{path[-1]} is not {_WORDS[kind]}"
        return
    number = kind == "integer"
    for where, part in parts if kind != "any" else ():
        typed = type(part) is int if number else isinstance(part, str)
        filled = isinstance(part, str) and not plain(part)
        if not typed and not filled and part is not None:
            said = _WORDS["integer" if number else "text"]
            shown = visible(json.dumps(part)) if isinstance(part, _SCALARS) else "the value"
            yield where, f"{_field(where)}: {shown} is not {said}"


def _field(path: Path) -> str:
    """The last field of a path, with the number of its entry."""
    name, number = ("", f"[{path[-1]}]") if isinstance(path[-1], int) else (path[-1], "")
    return f"{name or path[-2]}{number}"


def _cycles(resources: Iterable[Resource]) -> Violations:
    """Kustomizations that lead back to themselves through others."""
    indexes = {os.path.dirname(one.file): one for one in resources if one.index}
    leads = {here: dict(_folders(index, indexes)) for here, index in indexes.items()}
    above: dict[str, list[str]] = {}
    for here, folders in leads.items():
        for folder in folders:
            above.setdefault(folder, []).append(here)
    open_ = {here: len(folders) for here, folders in leads.items()}
    ends = [here for here, number in open_.items() if not number]
    while open_:
        while ends:  # what leads to no cycle
            here = ends.pop()
            open_.pop(here, None)
            for other in above.get(here, ()):
                if other in open_:
                    open_[other] -= 1
                    ends += [other] if not open_[other] else []
        if not open_:
            return
        way: dict[str, None] = {}
        here = min(open_)
        while here not in way:
            way[here] = None
            here = min(open_.keys() & leads[here].keys())
        around = [*way][[*way].index(here) :]
        names = ", ".join(visible(os.path.basename(one) or ".") for one in around)
        said = f"the kustomizations of {names} contain each other, which Kustomize calls a cycle"
        yield violation(said, Place(indexes[here], leads[here][[*around, here][1]]))
        ends = around


def _folders(index: Resource, known: Collection[str]) -> Iterator[tuple[str, Path]]:
    """The other folders with kustomizations that one names, each with the path of the entry."""
    here = os.path.dirname(index.file)
    for name in ("resources", "bases", "components"):
        for i, entry in enumerate(as_list(index.get(name))):
            folder = os.path.normpath(os.path.join(here, text(entry)))
            if folder in known and folder != here and set(text(entry).split("/")) - {".", "..", ""}:
                yield folder, (name, i)


def _above(index: Resource) -> Iterator[tuple[Path, str]]:
    """Bases that contain the folder of the kustomization itself."""
    for name in ("resources", "bases", "components"):
        for i, entry in enumerate(as_list(index.get(name))):
            parts = os.path.normpath(text(entry)).split("/") if text(entry) else ["file"]
            if set(parts) <= {".", ".."}:
                said = f"{visible(text(entry))} contains this folder, which Kustomize calls a cycle"
                yield (name, i), said


def _json_patches(index: Resource, files: Sequence[Document]) -> Violations:
    told: set[Path] = set()
    for patch in patches(index, files):
        listed = isinstance(patch.data, list)
        shaped = isinstance(patch.data, dict) and {"apiVersion", "kind"} <= patch.data.keys()
        if listed and not patch.target and patch.at not in told:
            told.add(patch.at)
            yield violation("a JSON patch has no target", Place(index, patch.at))
        elif isinstance(patch.data, dict) and "op" in patch.data and not shaped:
            yield violation("a JSON patch is a list of operations, not an object", patch.place())
        for i, one in operations(patch.data):
            for key, said, severity in _wrong_in(one):
                yield violation(said, patch.place(i, key), severity=severity)


def _wrong_in(operation: dict[str, Any]) -> Iterator[tuple[str, str, Severity]]:
    word, path = operation.get("op"), text(operation.get("path"))
    if word not in _OPERATIONS:
        hint = did_you_mean(str(word), _OPERATIONS)
        yield "op", f"{visible(str(word))} is not a JSON patch operation{hint}", Severity.ERROR
    elif word in ("copy", "move") and not operation.get("from"):
        yield "op", f"`{word}` has no `from`", Severity.ERROR
    elif word in ("add", "replace") and "value" not in operation:
        yield "op", f"`{word}` has no value, so that the field becomes null", Severity.WARNING
    if path and plain(path) and not path.startswith("/"):
        yield "path", f"the path {visible(path)} does not begin with /", Severity.ERROR
