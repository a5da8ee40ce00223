"""The files of an export: an object each, and kustomizations that list them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.enforce.model import HEADER
from stackgen.manifest.yaml_out import dump

KUSTOMIZATION = "kustomization.yaml"


def files(objects: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, bytes]:
    """Every file by its path below the folder of the export. Folders keep their order."""
    texts = {file: _text(data) for file, data in objects}
    folders: dict[str, list[str]] = {}
    for file in texts:
        folder, _, name = file.partition("/")
        folders.setdefault(folder, []).append(name)
    for folder, names in folders.items():
        texts[f"{folder}/{KUSTOMIZATION}"] = _text(_kustomization(names))
    texts[KUSTOMIZATION] = _text(_kustomization(folders))
    return {file: text.encode("utf-8") for file, text in texts.items()}


def stream(objects: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """The same objects as one stream of documents."""
    yield HEADER + "\n"
    for _, data in objects:
        yield "---\n" + dump(data)


def _kustomization(resources: Iterable[str]) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(resources),
    }


def _text(data: dict[str, Any]) -> str:
    return f"{HEADER}\n{dump(data)}"
