"""A user's own CustomResourceDefinitions become schema files in their repository."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.yaml_in import parse
from stackgen.reading import MAX_MANIFESTS, STDIN_NAME, read_stdin, read_text, texts_below
from stackgen.record import record
from stackgen.schema import restated
from stackgen.schema.condense import Condensed, NotADefinitionError, condense, to_text

FOLDER = "schemas"


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
    """The schema files of every served version of the definitions among `documents`."""
    known = restated.load()
    found: dict[str, Imported] = {}
    for place, data in documents:
        for crd in _definitions(data):
            try:
                versions = [made for made in condense(crd, known, keep=True) if made.served]
            except NotADefinitionError as error:
                raise UsageError(f"{place}: {error}") from error
            for made in versions:
                item = _imported(made)
                found[item.path] = item
    return [found[path] for path in sorted(found)]


def _definitions(data: Any) -> Iterator[Any]:
    if not isinstance(data, dict):
        return
    if data.get("kind") == "CustomResourceDefinition":
        yield data
    elif data.get("kind") in ("List", "CustomResourceDefinitionList"):
        for item in data.get("items") or ():
            yield from _definitions({"kind": "CustomResourceDefinition", **item})


def _imported(made: Condensed) -> Imported:
    path = f"{made.group}/{made.kind.lower()}_{made.version}.json"
    text = to_text(made.schema)
    return Imported(path, made.group, made.version, made.kind, text, len(made.unstated))


def write(files: Iterable[Imported], folder: str) -> None:
    """Write the schema files below `folder`."""
    for item in files:
        target = os.path.join(folder, *item.path.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8", newline="\n") as file:
            file.write(item.text)
