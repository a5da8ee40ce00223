"""What Kustomize writes into the ConfigMaps that it generates."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from stackgen.facts.shape import as_list, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.reading import UnreadableError, read_text

# By what a value is generated, its place, its key and the text.
Literal: TypeAlias = tuple[Resource, Path, str, str]
_LARGE = 1_000_000  # bytes of a file, which is the most that a ConfigMap holds
_FILES = 500  # of one run


def generated_texts(bundle: Bundle) -> Iterator[tuple[Resource, str, Path, str, str]]:
    """The values of generated ConfigMaps: by what, the name, the place, the key and the text.

    Files are read below the folder of the kustomization, as Kustomize demands.
    """
    left = _FILES
    for index in (r for r in bundle.resources if r.index):
        for i, one in maps(index.get("configMapGenerator")):
            name = text(one.get("name"))
            for j, entry in enumerate(as_list(one.get("literals"))):
                key, _, value = text(entry).partition("=")
                yield index, name, ("configMapGenerator", i, "literals", j), key, value.strip("\"'")
            for word in ("files", "envs"):
                for j, entry in enumerate(as_list(one.get(word))):
                    key, _, file = text(entry).rpartition("=")
                    left -= 1
                    written = content(index, file) if left > 0 else ""
                    if written:
                        path: Path = ("configMapGenerator", i, word, j)
                        yield index, name, path, key or os.path.basename(file), written


def content(index: Resource, file: str) -> str:
    """The text of a file below the folder of a kustomization; "" if it cannot be read."""
    path = os.path.normpath(os.path.join(os.path.dirname(index.file), file))
    inside = file and not os.path.isabs(file) and not os.path.normpath(file).startswith("..")
    try:
        return read_text(path, file, _LARGE) if inside and os.path.isfile(path) else ""
    except UnreadableError:
        return ""


def generated_literals(bundle: Bundle) -> Mapping[str, list[Literal]]:
    """The literals of generated ConfigMaps, by name; none of names that two generators have."""
    return bundle.once(_generated_literals)


def _generated_literals(bundle: Bundle) -> dict[str, list[Literal]]:
    found: dict[str, list[Literal]] = {}
    by: dict[str, set[str]] = {}
    for index, name, path, key, value in generated_texts(bundle):
        by.setdefault(name, set()).add(f"{index.file}:{path[1]}")
        if path[2] == "literals":
            found.setdefault(name, []).append((index, path, key, value))
    return {name: data for name, data in found.items() if len(by[name]) == 1}
