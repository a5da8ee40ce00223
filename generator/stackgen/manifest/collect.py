"""What `lint` is given: files, folders and `-`, read into a bundle of foreign manifests."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.document import Document, Mark, Path, Source, YamlProblem
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import MAX_BYTES, parse

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"
SPEC_GROUP = "stackgen.dev"
# Read by Kustomize and Helm themselves, never applied.
NOT_APPLIED = {"kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml"}


@dataclass
class Collected:
    """The manifests, the texts they stand in, and what was passed over.

    problems: what the YAML does wrong. unreadable: files that are not YAML at all.
    """

    bundle: Bundle
    sources: list[Source] = field(default_factory=list)
    problems: list[tuple[Source, YamlProblem]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unreadable: bool = False


def collect(paths: Iterable[str]) -> Collected:
    """Read every manifest at `paths`. Raises UsageError for paths that cannot be read."""
    collected = Collected(Bundle(()))
    resources: list[Resource] = []
    for name, text in _texts(paths, collected):
        documents = parse(text, name)
        if documents:
            collected.sources.append(documents[0].source)
        if not documents:
            collected.notes.append(f"{name}: holds nothing")
        for document in documents:
            collected.problems.extend((document.source, p) for p in document.problems)
            if any(p.fatal for p in document.problems):
                collected.unreadable = True
                continue
            for found in _objects(document.data, (), document):
                if isinstance(found, Resource) and found.group == SPEC_GROUP:
                    what = "a spec; `stackgen build` checks it"
                    collected.notes.append(f"{name}:{document.line}: {what}")
                elif isinstance(found, Resource):
                    resources.append(found)
                else:
                    where = f"{name}:{found.line if found else document.line}"
                    collected.notes.append(f"{where}: not a Kubernetes object, passed over")
    collected.bundle = Bundle(tuple(resources))
    return collected


def _objects(data: Any, base: Path, document: Document) -> Iterator[Resource | Mark | None]:
    """The objects in `data`, those of lists one by one; the place of what is none."""
    if not isinstance(data, dict) or ("kind" not in data and "apiVersion" not in data):
        yield document.marks().at(base) if base else None
        return
    kind = data.get("kind")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(data.get("items"), list):
        for i, item in enumerate(data["items"]):
            named = _item(item, kind.removesuffix("List"), data.get("apiVersion"))
            yield from _objects(named, (*base, "items", i), document)
        return
    yield Resource(data, document.source.name, document=document, base=base)


def _item(item: Any, kind: str, api_version: Any) -> Any:
    """An item of a list; in a ConfigMapList it need not say that it is a ConfigMap."""
    if not kind or not isinstance(item, dict):
        return item
    return {"apiVersion": api_version, "kind": kind, **item}


def _texts(paths: Iterable[str], collected: Collected) -> Iterator[tuple[str, str]]:
    for path in paths:
        if path == STDIN:
            yield "<stdin>", _decode(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>")
        elif os.path.isdir(path):
            for file in _walk(path, collected):
                try:
                    text = _read(file)
                except UsageError as error:
                    # One bad file must not hide what is wrong with the others.
                    collected.unreadable = True
                    collected.notes.append(str(error))
                    continue
                yield file, text
        else:
            yield path, _read(path, pipes=True)


def _walk(folder: str, collected: Collected) -> Iterator[str]:
    inside = os.path.realpath(folder) + os.sep

    def unreadable(error: OSError) -> None:
        collected.unreadable = True
        collected.notes.append(f"{error.filename}: {(error.strerror or str(error)).lower()}")

    for here, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for link in (f for f in folders if os.path.islink(os.path.join(here, f))):
            file = os.path.normpath(os.path.join(here, link))
            collected.notes.append(f"{file}: is a link to a folder, passed over")
        for name in sorted(names):
            file = os.path.normpath(os.path.join(here, name))
            if not name.endswith(SUFFIXES) or name in NOT_APPLIED:
                continue
            if not os.path.realpath(file).startswith(inside):
                collected.notes.append(f"{file}: leads out of {folder}, passed over")
                continue
            yield file


def _read(file: str, pipes: bool = False) -> str:
    try:
        if not os.path.lexists(file):
            raise UsageError(f"{file}: not found")
        if not os.path.exists(file):
            raise UsageError(f"{file}: leads nowhere")
        # A pipe is what `stackgen lint <(helm template ...)` hands over.
        if not os.path.isfile(file) and not (pipes and stat.S_ISFIFO(os.stat(file).st_mode)):
            raise UsageError(f"{file}: is not a file")
        with open(file, "rb") as stream:
            return _decode(stream.read(MAX_BYTES + 1), file)
    except OSError as error:
        raise UsageError(f"{file}: {(error.strerror or str(error)).lower()}") from None


def _decode(raw: bytes, name: str) -> str:
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{name}: is larger than {MAX_BYTES // 2**20} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{name}: is not UTF-8 text") from None
