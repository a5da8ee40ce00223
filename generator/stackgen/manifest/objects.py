"""The objects in a document or on a page, and the one that Kustomize makes of a dashboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from stackgen.manifest import shell, sops
from stackgen.manifest.document import Document, Mark, Marks, Path, Source
from stackgen.manifest.inputs import Read
from stackgen.manifest.program_files import of_program
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse

# A kubeconfig has the form of an object of the core group.
_KUBECONFIG = {"clusters", "contexts", "users"}


def objects_in(data: Any, base: Path, document: Document) -> Iterator[Resource | Mark | None]:
    """The objects in `data`, those of lists one by one; the place of what is none."""
    if not isinstance(data, dict) or ("kind" not in data and "apiVersion" not in data):
        yield document.marks().at(base) if base else None
        return
    kind = data.get("kind")
    # Settings of other programs have a key `kind` too, such as a list. Kustomize reads $patch.
    # Those of Grafana have a number as apiVersion. The index of a Helm repository has no kind.
    other = "kind" not in data and (not isinstance(data["apiVersion"], str) or "entries" in data)
    other = other or (kind == "Config" and bool(_KUBECONFIG & data.keys()))
    other = other or ("kind" not in data and not {"metadata", "spec"} & data.keys())
    if "apiVersion" not in data:
        other = other or not isinstance(kind, str) or not {"metadata", "spec"} & data.keys()
    if other or "$patch" in data:
        yield document.marks().at(base) if base else None
        return
    if isinstance(kind, str) and kind.endswith("List") and _is_list(data):
        for i, item in enumerate(data["items"] or ()):
            named = _item(item, kind.removesuffix("List"), data.get("apiVersion"))
            if isinstance(named, dict) and "sops" in data:
                named = sops.readable({**named, "sops": data["sops"]})  # the notes are of the list
            yield from objects_in(named, (*base, "items", i), document)
        return
    shown = sops.readable(data)
    yield Resource(shown, document.source.name, document=document, base=base)


def in_guide(text: str, name: str) -> Iterator[Resource]:
    """The objects of a page of Markdown. What is no YAML is a part of an object there."""
    for document in (one for part in shell.parts(text) for one in parse(part, name)):
        if isinstance(document.data, dict) and not any(p.fatal for p in document.problems):
            for one in objects_in(document.data, (), document):
                if isinstance(one, Resource) and of_program(one) is None:
                    yield one


def _is_list(data: dict[str, Any]) -> bool:
    """Whether there are `items`; Go's empty list is null."""
    return "items" in data and (data["items"] is None or isinstance(data["items"], list))


def _item(item: Any, kind: str, api_version: Any) -> Any:
    """An item of a list; in a ConfigMapList it need not say that it is a ConfigMap."""
    if not kind or not isinstance(item, dict):
        return item
    return {"apiVersion": api_version, "kind": kind, **item}


def of_dashboard(read: Read) -> Resource:
    """The file of a dashboard as the ConfigMap that Kustomize makes of it."""
    name = os.path.basename(read.name)
    data = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {name: read.dashboard},
    }
    source = Source(read.name, "")  # a line of it may be the whole file, with all that it holds
    marks: dict[Path, Mark] = {(): Mark(1, 1, 2)}
    document = Document(source, 0, 1, data, given=Marks(marks, marks))
    return Resource(data, read.name, document=document)
