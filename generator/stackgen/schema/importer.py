"""A user's own CustomResourceDefinitions become schema files in their repository."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from stackgen import paths
from stackgen.errors import UsageError
from stackgen.manifest import json_in
from stackgen.manifest.document import show_path
from stackgen.manifest.yaml_in import parse
from stackgen.reading import (
    MAX_MANIFESTS,
    STDIN_NAME,
    read_bytes,
    read_stdin,
    read_text,
    texts_below,
)
from stackgen.record import record
from stackgen.schema.condense import DIALECT, Condensed, condense, to_text
from stackgen.schema.engine import validate
from stackgen.schema.store import SchemaCatalog

# Our restatements of the cross-field rules of known APIs: `schemas/rules.yaml`.
#
# Each entry says which rules it stands for by fingerprint, so a rule is recognised wherever a
# definition uses it, in any release.


@lru_cache(maxsize=1)
def load() -> dict[str, list[dict[str, Any]]]:
    """Our rules by the fingerprint of the CEL text they stand for; an empty list holds always."""
    import yaml

    path = paths.schemas("rules.yaml")
    if not os.path.exists(path):
        return {}
    entries = yaml.safe_load(read_bytes(path)) or []
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        for key in entry["for"]:
            found[str(key)] = entry["rules"]
    return found


API, KIND = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
GVK = "x-kubernetes-group-version-kind"


@record
class Imported:
    """One schema file. cel: how many rules stay in CEL because they are not known by heart."""

    path: str
    group: str
    version: str
    kind: str
    text: str
    cel: int


def read(names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Every document of the files, folders and standard input (`-`), with where it is.

    Raises UsageError for what cannot be read.
    """
    for name in names:
        for path, text in _texts(name):
            for document in parse(text, path):
                fatal = next((p for p in document.problems if p.fatal), None)
                if fatal is not None:
                    raise UsageError(f"{path}:{fatal.mark.line}: {fatal.message}")
                yield f"{path}:{document.line}", document.data


def _texts(name: str) -> Iterator[tuple[str, str]]:
    if name == "-":
        yield STDIN_NAME, read_stdin()
    elif os.path.isdir(name):
        yield from texts_below(name, lambda file: file.endswith(_ENDINGS), MAX_MANIFESTS)
    else:
        yield name, read_text(name, limit=MAX_MANIFESTS)


_ENDINGS = (".yaml", ".yml", ".json")


def convert(documents: Iterable[tuple[str, Any]]) -> list[Imported]:
    """The schema files of every served version of the definitions among `documents`.

    Raises UsageError for a definition that an API server would refuse: its names become paths.
    """
    known = load()
    found: dict[str, Imported] = {}
    for place, data in documents:
        for crd in _definitions(data, place):
            _check(crd, place)
            for made in condense(_without_nulls(crd), known, keep=True):
                if made.served:
                    item = _imported(made)
                    found[item.path] = item
    return [found[path] for path in sorted(found)]


def _definitions(data: Any, place: str) -> Iterator[Any]:
    """The definitions in a document: itself, or the items of a list."""
    if not isinstance(data, dict):
        return
    if data.get("kind") == KIND:
        yield data
    elif data.get("kind") in ("List", f"{KIND}List"):
        items = data.get("items")
        if not isinstance(items, (list, type(None))):
            raise UsageError(f"{place}: items is not a list")
        default = {"apiVersion": API, "kind": KIND} if data["kind"] == f"{KIND}List" else {}
        for index, item in enumerate(items or ()):
            if not isinstance(item, dict):
                raise UsageError(f"{place}: items[{index}] is not an object")
            yield from _definitions({**default, **item}, f"{place}: items[{index}]")


def _check(crd: Any, place: str) -> None:
    """Raise UsageError unless an API server would take the definition."""
    # Nothing is made of the metadata, and what is wrong there would hide what is wrong in the spec.
    spec = crd.get("spec")
    names = spec.get("names") if isinstance(spec, dict) else None
    plural = names.get("plural") if isinstance(names, dict) else None
    name = f"{plural}.{spec.get('group')}" if isinstance(spec, dict) else "x"
    meta = {"name": name, "annotations": {"api-approved.kubernetes.io": "unapproved"}}
    sound = {"apiVersion": API, "kind": KIND, "metadata": meta, "spec": spec}
    problems = [p for p in validate(sound, catalog=SchemaCatalog()) if p.path[:1] == ("spec",)]
    if crd.get("apiVersion") != API:
        raise UsageError(f"{place}: a {KIND} of {API} is needed, not of {crd.get('apiVersion')!r}")
    if problems:
        problem = problems[0]
        raise UsageError(f"{place}: {show_path(problem.path)}: {problem.message}")


def _without_nulls(value: Any) -> Any:
    """A copy without keys that have no value, as the server drops them; defaults are kept."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item if key in _VALUES else _without_nulls(item)
        for key, item in value.items()
        if item is not None
    }


# Keywords whose content is data of the kind, where null has a meaning.
_VALUES = ("default", "enum", "example")


def _imported(made: Condensed) -> Imported:
    path = f"{made.group}/{made.kind.lower()}_{made.version}.json"
    text = to_text(made.schema)
    return Imported(path, made.group, made.version, made.kind, text, len(made.unstated))


def is_ours(path: str) -> bool:
    """Whether the file is a schema that stackgen made."""
    try:
        data = json_in.load(read_text(path), path)
    except UsageError:
        return False
    return isinstance(data, dict) and data.get("$schema") == DIALECT and GVK in data
