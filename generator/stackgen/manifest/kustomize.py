"""Kustomize folders: what they render, and which of the files they read are no whole objects."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from stackgen.errors import UsageError
from stackgen.folders import check_folder
from stackgen.manifest.yaml_in import parse
from stackgen.reading import output_of
from stackgen.regex import regex

ORIGIN = "config.kubernetes.io/origin"
# Kustomize takes minutes for some thousands of objects: there, one run is enough.
MAX_ORIGINS = 1000
# What a kustomization does with a file.
PATCHES = "patches with it"
DATA = "reads it as data or settings"
_LOGGED = regex(r'err="((?:[^"\\]|\\.)*)"')


def render(folder: str) -> str:
    """The stream that Kustomize makes of `folder`. Raises UsageError with what it says if not."""
    check_folder(folder, f"--kustomize {folder}")
    return _run(_program(), folder, folder)


def origins(folder: str) -> dict[tuple[str, str, str, str], str]:
    """The file each rendered object comes from, by apiVersion, kind, namespace and name.

    Objects that a generator makes, or that come from another repository, have none. Empty where
    Kustomize cannot tell.
    """
    here = os.path.realpath(folder)
    with tempfile.TemporaryDirectory() as temporary:
        made = os.path.realpath(temporary)
        with open(os.path.join(made, "kustomization.yaml"), "w", encoding="utf-8") as stream:
            relative = os.path.relpath(here, made)
            stream.write(f"resources: ['{relative}']\nbuildMetadata: [originAnnotations]\n")
        try:
            text = _run(_program(), made, folder)
        except UsageError:
            return {}
    found = {}
    for document in parse(text, folder):
        meta = document.data.get("metadata") if isinstance(document.data, dict) else None
        notes = meta.get("annotations") if isinstance(meta, dict) else None
        said = notes.get(ORIGIN) if isinstance(notes, dict) else None
        path = _path(said) if isinstance(said, str) else ""
        if isinstance(meta, dict) and path:
            file = os.path.relpath(os.path.normpath(os.path.join(made, path)))
            found[_identity(document.data, meta)] = file
    return found


def _identity(data: dict[str, Any], meta: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        str(data.get("apiVersion", "")),
        str(data.get("kind", "")),
        str(meta.get("namespace", "")),
        str(meta.get("name", "")),
    )


def _path(origin: str) -> str:
    """The `path` of an origin annotation, when the file is here and not in a repository."""
    for document in parse(origin, ORIGIN):
        if isinstance(document.data, dict) and not document.data.get("repo"):
            return str(document.data.get("path") or "")
    return ""


def not_objects(text: str, name: str) -> Iterator[tuple[str, str]]:
    """The files that the kustomization `text` reads otherwise than as objects, and as what."""
    for document in parse(text, name):
        data = document.data if isinstance(document.data, dict) else {}
        for word in ("patchesStrategicMerge", "patches", "patchesJson6902"):
            for file in _files(data.get(word), "path"):
                yield file, PATCHES
        for word in ("configurations", "generators", "transformers", "replacements"):
            for file in _files(data.get(word), "path"):
                yield file, DATA
        for word in ("configMapGenerator", "secretGenerator"):
            for entry in _list(data.get(word)):
                for file in _files(entry.get("files") if isinstance(entry, dict) else None, ""):
                    yield file.rpartition("=")[2], DATA


def _files(entries: Any, key: str) -> Iterator[str]:
    """The files of a list of names, or of mappings with the name under `key`."""
    for entry in _list(entries):
        file = entry.get(key) if isinstance(entry, dict) else entry
        # A patch may stand in the list itself.
        if isinstance(file, str) and "\n" not in file:
            yield file


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _program() -> list[str]:
    """kustomize or kubectl, from PATH or from beside this Python (the extra `kustomize`)."""
    beside = os.path.dirname(sys.executable)
    for name, words in (("kustomize", ("build",)), ("kubectl", ("kustomize",))):
        found = shutil.which(name) or shutil.which(name, path=beside)
        if found:
            return [found, *words]
    raise UsageError(
        "--kustomize needs kubectl or kustomize on the PATH; pip install 'stackgen[kustomize]'"
    )


def _run(program: list[str], folder: str, shown: str) -> str:
    name = f"--kustomize {shown}"
    try:
        status, printed, errors = output_of([*program, folder], name)
    except OSError as error:
        raise UsageError(f"{name}: {program[0]}: {error}") from None
    if status:
        raise UsageError(f"{name}: {_message(errors) or 'fails without a message'}")
    return printed.decode("utf-8", "replace")


def _message(errors: str) -> str:
    """What went wrong, on one line, without the time and process of a log line."""
    logged = _LOGGED.search(errors)
    if logged:
        errors = logged[1].replace('\\"', '"')
    return re.sub(r"^error: ", "", " ".join(errors.split()), flags=re.IGNORECASE)
