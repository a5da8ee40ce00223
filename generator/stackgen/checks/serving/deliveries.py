"""To which namespaces the deliveries of the input may bring objects that it does not show."""

from __future__ import annotations

import os

from stackgen.checks.context import Context
from stackgen.facts.application_sets import sources
from stackgen.facts.object_references import table
from stackgen.facts.shape import as_dict, plain, text
from stackgen.manifest.resource import Resource

_CHARTS = {"HelmRelease": "helm.toolkit.fluxcd.io", "HelmChart": "helm.cattle.io"}

_FLUX = "kustomize.toolkit.fluxcd.io"


def unseen_namespaces(context: Context) -> frozenset[str] | None:
    """The namespaces; None if it may be any. A chart brings its objects where it is installed."""
    folders = {os.path.dirname(one.file) for one in context.bundle.objects}
    charts = {
        os.path.dirname(one.file)
        for one in context.bundle.settings
        if os.path.basename(one.file) == "Chart.yaml"
    }
    found: set[str] = set()
    for one in context.bundle.objects:
        if one.kind not in table()["opaque"]:
            continue
        if one.kind == "Application":
            spec = as_dict(one.get("spec"))
            given = [as_dict(source) for _, source in sources(spec, ("spec",))]
            if given and all(_is_here(source, folders, charts) for source in given):
                continue
            space = text(one.get("spec", "destination", "namespace"))
        elif one.group == _CHARTS.get(one.kind):
            space = text(one.get("spec", "targetNamespace")) or one.namespace
        elif one.kind == "GitRepository":
            continue  # a source, of which a Kustomization says what is applied
        elif one.group == _FLUX and _is_here({"path": _path(one)}, folders, charts):
            continue
        else:
            return None
        if not space or not plain(space):
            return None
        found.add(space)
    return frozenset(found)


def _path(step: Resource) -> str:
    """The folder of a Kustomization of Flux, without a leading `./`."""
    return text(step.get("spec", "path")).removeprefix("./")


def _is_here(source: dict[str, object], folders: set[str], charts: set[str]) -> bool:
    """Whether a source of an Application, or of Flux, is a folder of manifests of the input."""
    path = text(source.get("path")).strip("/")
    if source.get("chart") or not path or not plain(path):
        return False
    below = [f for f in folders if f"/{path}/" in f"/{f}/"]
    return bool(below) and not any(f"/{path}/" in f"/{c}/" for c in charts)
