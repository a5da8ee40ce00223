"""Each shipped schema is what the definition of its version says, as the project publishes it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackgen.manifest.yaml_in import parse
from stackgen.schema.condense import condense, to_text
from stackgen.schema.importer import load
from tests.integration import sources
from tests.integration.programs import module
from tests.integration.rendered import plain
from tests.stacks import ROOT

# Projects that publish their definitions in a Go module: its path, and the folder or file.
MODULES = {
    "argoproj/argo-cd": ("github.com/argoproj/argo-cd/v3", "manifests/crds"),
    "cert-manager/cert-manager": ("github.com/cert-manager/cert-manager", "deploy/crds"),
    "cert-manager/trust-manager": ("github.com/cert-manager/trust-manager", "deploy/crds"),
    "envoyproxy/gateway": (
        "github.com/envoyproxy/gateway", "charts/gateway-helm/charts/crds/crds/generated",
    ),
    "fluxcd/helm-controller": ("github.com/fluxcd/helm-controller", "config/crd/bases"),
    "fluxcd/kustomize-controller": ("github.com/fluxcd/kustomize-controller", "config/crd/bases"),
    "fluxcd/source-controller": ("github.com/fluxcd/source-controller", "config/crd/bases"),
    "Kuadrant/kuadrant-operator": (
        "github.com/kuadrant/kuadrant-operator", "bundle/manifests",
    ),
    "istio/istio": ("istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml"),
    "kedacore/keda": ("github.com/kedacore/keda/v2", "config/crd/bases"),
    "kubernetes-sigs/gateway-api": ("sigs.k8s.io/gateway-api", "config/crd/standard"),
    "kubernetes-sigs/gateway-api-inference-extension": (
        "sigs.k8s.io/gateway-api-inference-extension", "config/crd/bases",
    ),
    "kubernetes-sigs/lws": ("sigs.k8s.io/lws", "config/crd/bases"),
    "prometheus-operator/prometheus-operator": (
        "github.com/prometheus-operator/prometheus-operator", "example/prometheus-operator-crd",
    ),
    "GoogleCloudPlatform/prometheus-engine": (
        "github.com/GoogleCloudPlatform/prometheus-engine", "manifests/setup.yaml",
    ),
}  # fmt: skip
# And those in repositories, at the commit that they are pinned to here.
REPOSITORIES = {
    ("GoogleCloudPlatform/gke-gateway-api", "fc40d60"): ("gke_gateway_api", "config/crd"),
    ("opendatahub-io/kserve", "release-v0.15"): ("kserve", "config/crd/full"),
    **{
        ("opendatahub-io/rhaii-on-xks", release): ("charts", f"charts/{chart}/crds")
        for release, chart in (
            ("1.0 (main@8f3386a2)", "lws-operator"),
            ("1.15.2 (main@8f3386a2)", "cert-manager-operator"),
            ("3.2.1 (main@8f3386a2)", "sail-operator"),
            ("main@8f3386a2", "cert-manager-operator"),
        )
    },
}


def _manifest() -> Iterator[dict[str, str]]:
    with open(ROOT / "schemas" / "MANIFEST", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")


# Written down with the fields of one subject; the others are left open.
IN_PART = {("gateway.envoyproxy.io", "v1alpha1", "EnvoyProxy")}
ROWS = [row for row in _manifest() if row["project"] != "kubernetes/kubernetes"]
PINNED = sorted({(row["project"], row["release"]) for row in ROWS})


def _published(project: str, release: str) -> Path | None:
    """Where the definitions of a project's version are; None where they cannot be had."""
    if (project, release) in REPOSITORIES:
        key, below = REPOSITORIES[project, release]
        folder = sources.found(key)
        return folder / below if folder is not None else None
    if project not in MODULES:
        return None
    path, below = MODULES[project]
    folder = module(path, release if release.startswith("v") else f"v{release}")
    return folder / below if folder is not None else None


def _condensed(place: Path) -> dict[tuple[str, str, str], str]:
    """The texts of the schemas of all definitions below a place, by group, version and kind."""
    found: dict[tuple[str, str, str], str] = {}
    restated = load()
    for file in [place] if place.is_file() else sorted(place.rglob("*.yaml")):
        for document in parse(file.read_text(encoding="utf-8"), file.name):
            data: Any = plain(document.data)
            if isinstance(data, dict) and data.get("kind") == "CustomResourceDefinition":
                for made in condense(data, restated):
                    found[made.group, made.version, made.kind] = to_text(made.schema)
    return found


def _not_in(ours: Any, theirs: Any, our_root: Any, their_root: Any, path: str) -> Iterator[str]:
    """The fields of a schema that the published one lacks, or gives another type."""
    ours, theirs = _resolved(ours, our_root), _resolved(theirs, their_root)
    for key in ("type", "enum", "minimum", "maximum", "required"):
        if key in ours and ours[key] != theirs.get(key):
            yield f"{path}: {key} {ours[key]}, published {theirs.get(key)}"
    for name, inner in ours.get("properties", {}).items():
        if name not in theirs.get("properties", {}):
            yield f"{path}.{name}"
        elif path or name == "spec":
            yield from _not_in(
                inner, theirs["properties"][name], our_root, their_root, f"{path}.{name}"
            )


def _resolved(schema: Any, root: Any) -> Any:
    name = schema.get("$ref", "").rpartition("/")[2]
    return root["$defs"][name] if name else schema


@pytest.mark.parametrize(("project", "release"), PINNED)
def test_the_schemas_are_those_of_the_published_definitions(project: str, release: str) -> None:
    place = _published(project, release)
    if place is None or not place.exists():
        pytest.skip(f"the definitions of {project} {release} cannot be had here")
    published = _condensed(place)
    rows = [r for r in ROWS if (r["project"], r["release"]) == (project, release)]
    kinds = {(r["group"], r["version"], r["kind"]): r["file"] for r in rows}
    shared = kinds.keys() & published.keys()
    assert shared, f"{place} defines none of {sorted(kinds)}"
    texts = {k: (ROOT / "schemas" / kinds[k]).read_text(encoding="utf-8") for k in sorted(shared)}
    differ = [kind for kind, text in texts.items() if text != published[kind]]
    assert [kind for kind in differ if kind not in IN_PART] == []
    for kind in set(differ) & IN_PART:
        ours, theirs = json.loads(texts[kind]), json.loads(published[kind])
        assert list(_not_in(ours, theirs, ours, theirs, "")) == []
    missing = sorted(kinds.keys() - shared)
    if missing:
        pytest.skip(f"compared {len(shared)}; not defined at {place.name}: {missing}")
