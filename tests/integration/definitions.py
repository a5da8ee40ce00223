"""The CustomResourceDefinitions of other projects, as the projects publish them.

They come from the sources of `sources.py`, from Go modules, from the folders of STACKGEN_CRDS
(separated as PATH is), and from the folder `crds` of STACKGEN_SHARED. Of two definitions of a
version of a kind the first counts.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from stackgen.manifest.yaml_in import parse
from tests.integration import sources
from tests.integration.programs import module
from tests.integration.rendered import Object, plain

# Module, version, folder or file. The versions that the release row pins, where it pins them.
MODULES = (
    ("github.com/fluxcd/kustomize-controller", "v1.9.6", "config/crd/bases"),
    ("github.com/fluxcd/source-controller", "v1.9.6", "config/crd/bases"),
    ("github.com/fluxcd/helm-controller", "v1.6.4", "config/crd/bases"),
    ("sigs.k8s.io/gateway-api", "v1.4.0", "config/crd/standard"),
    ("sigs.k8s.io/gateway-api-inference-extension", "v1.2.0", "config/crd/bases"),
    ("istio.io/api", "v1.27.3", "kubernetes/customresourcedefinitions.gen.yaml"),
    ("github.com/cert-manager/cert-manager", "v1.15.5", "deploy/crds"),
    ("github.com/cert-manager/trust-manager", "v0.24.0", "deploy/crds"),
    ("github.com/external-secrets/external-secrets", "v0.20.4", "config/crds/bases"),
    ("sigs.k8s.io/lws", "v0.7.0", "config/crd/bases"),
    ("github.com/prometheus-operator/prometheus-operator", "v0.92.0",
     "example/prometheus-operator-crd"),
    ("github.com/GoogleCloudPlatform/prometheus-engine", "v0.17.2", "manifests/setup.yaml"),
)  # fmt: skip
# Below the folder of a source: charts carry definitions that Helm installs, KServe a whole folder.
IN_SOURCES = {
    "charts": ("charts/cert-manager-operator/crds", "charts/sail-operator/crds",
               "charts/lws-operator/crds"),
    "kserve": ("config/crd/full/llmisvc", "config/crd/full"),
    "kserve_llmisvc_crd": ("templates",),
    "gke_gateway_api": ("config/crd",),
}  # fmt: skip
Kind = tuple[str, str]
Definition = dict[str, Any]


@functools.cache
def definitions() -> dict[Kind, Definition]:
    """The definitions that can be had here, by group and kind."""
    found: dict[Kind, Definition] = {}
    for place in _places():
        for data in _read(place):
            key = data["spec"]["group"], data["spec"]["names"]["kind"]
            found[key] = _with_versions(found[key], data) if key in found else data
    return found


def _with_versions(first: Definition, other: Definition) -> Definition:
    """The first definition, with the versions that only the other has."""
    versions = first["spec"]["versions"]
    names = {version["name"] for version in versions}
    more = [{**v, "storage": False} for v in other["spec"]["versions"] if v["name"] not in names]
    return {**first, "spec": {**first["spec"], "versions": [*versions, *more]}}


def _places() -> Iterator[Path]:
    for name, folders in IN_SOURCES.items():
        folder = sources.found(name)
        if folder is not None:
            yield from (folder / below for below in folders)
    for path, version, below in MODULES:
        folder = module(path, version)
        if folder is not None:
            yield folder / below
    given = os.environ.get("STACKGEN_CRDS", "").split(os.pathsep)
    if shared := os.environ.get("STACKGEN_SHARED"):
        given.append(f"{shared}/crds")
    yield from (Path(entry) for entry in given if entry)


def definitions_in(objects: Iterable[Object]) -> list[Definition]:
    """Those of some objects that are definitions."""
    return [d for d in objects if d["kind"] == "CustomResourceDefinition"]


def _read(place: Path) -> Iterator[Definition]:
    files = [place] if place.is_file() else sorted(place.glob("*"))
    for file in files:
        if file.suffix not in (".json", ".yaml", ".yml"):
            continue
        text = file.read_text(encoding="utf-8")
        if "{{-" in text:
            continue  # of a chart, before it is rendered
        if "kind: CustomResourceDefinition" not in text and file.suffix != ".json":
            continue
        for document in parse(text, file.name):
            data = plain(document.data)
            if isinstance(data, dict) and data.get("kind") == "CustomResourceDefinition":
                yield data
