"""Where the programs of model servers write: folders.yaml."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.manifest.shipped import shipped
from stackgen.record import record


@record
class Folder:
    """program: what writes there, for messages. when, variables, otherwise: see the file."""

    program: str
    when: str
    variables: tuple[tuple[str, str], ...]
    otherwise: str

    def at(self, env: Mapping[str, str | None], home: str | None) -> str | None:
        """Where it is in a container with these variables; None when it is not known."""
        for name, below in self.variables:
            value = env.get(name, home if name == "HOME" else "")
            if value is None:
                return None
            if value:
                return posixpath.normpath(posixpath.join(value, below))
        return self.otherwise or None


@cache
def _file() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "folders.yaml")
    return found


def folders(engine: str, image: str) -> Iterator[Folder]:
    """The folders of an engine, `vllm-tpu` being one of vLLM, in an image."""
    for row in _file()["folders"]:
        if "image" in row and not _is(image, row["image"]):
            continue
        if row.get("engine", engine.partition("-")[0]) == engine.partition("-")[0]:
            pairs = tuple((name, below) for name, below in row["variables"])
            yield Folder(row["program"], row["for"], pairs, row.get("otherwise", ""))


def root_only(image: str) -> bool:
    """Whether root is the only user of the image that has a home."""
    return any(_is(image, row["name"]) for row in _file()["images"])


def _is(image: str, end: str) -> bool:
    try:
        return image_reference(image).name.endswith(end)
    except ImageReferenceError:
        return False


def is_open(folder: str, *, read_only: bool) -> bool:
    """Whether every user may write in a folder of the image."""
    return any(is_below(folder, one) for one in _file()["memory" if read_only else "open"])


def is_below(folder: str, parent: str) -> bool:
    """Whether the folder is `parent`, or below it."""
    return (folder + "/").startswith(parent.rstrip("/") + "/")
