"""A kustomization that Kustomize does not read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.manifest.yaml_in import parse
from stackgen.spelling import did_you_mean

# Other files that are no objects, such as values of a chart, are indexes as well.
_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_GROUPS = ("", "kustomize.config.k8s.io")
_KINDS = ("", "Kustomization", "Component")
_OPERATIONS = ("add", "copy", "move", "remove", "replace", "test")
_WORDS = {
    "text": "a string", "texts": "a list of strings", "words": "a map of strings",
    "integer": "an integer",
}  # fmt: skip


def check(context: Context) -> Violations:
    """Names and types of fields, and JSON patches that no target or no operation can have."""
    for index in context.bundle.resources:
        read = index.index and os.path.basename(index.file) in _NAMES
        if read and index.kind in _KINDS and index.group in _GROUPS:
            for path, said in (*_unknown(index), *_types(index), *_json_patches(index)):
                yield violation(said, Place(index, path))


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
        for i, item in maps(value):
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
            shown = f'"{visible(part)}"' if isinstance(part, str) else visible(str(part))
            yield where, f"{shown} is not {said}"


def _json_patches(index: Resource) -> Iterator[tuple[Path, str]]:
    for field in ("patches", "patchesJson6902"):
        for i, patch in maps(index.get(field)):
            given = text(patch.get("patch"))
            documents = parse(given, "patch", learning=False) if given and plain(given) else ()
            lists = [d.data for d in documents if isinstance(d.data, list)]
            if lists and not patch.get("target"):
                yield (field, i), "a JSON patch has no target"
            for operations in lists:
                for _, one in maps(operations):
                    operation = one.get("op")
                    if operation not in _OPERATIONS:
                        hint = did_you_mean(str(operation), _OPERATIONS)
                        said = f"{visible(str(operation))} is not a JSON patch operation{hint}"
                        yield (field, i, "patch"), said
