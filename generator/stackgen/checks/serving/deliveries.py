"""To which namespaces the deliveries of the input may bring objects that it does not show."""

from __future__ import annotations

import os

from stackgen.checks.composed import together
from stackgen.checks.context import Context
from stackgen.facts.application_sets import sources, specs
from stackgen.facts.chart_pools import chart_pools
from stackgen.facts.object_references import plain_name, table
from stackgen.facts.shape import as_dict, plain, text
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.regex import regex
from stackgen.rollout import argocd, flux
from stackgen.rollout.applied import Folders

_CHARTS = {"HelmRelease": "helm.toolkit.fluxcd.io", "HelmChart": "helm.cattle.io"}
_SETS = ("Application", "ApplicationSet")
_POOL_CHART = "inferencepool"
# A folder of another repository that has only CustomResourceDefinitions.
_DEFINITIONS = regex(r"(?:\A|/)crds?(?:/|\Z)")


@record
class Delivered:
    """What the deliveries of the input apply.

    unseen: the namespaces to which they may bring objects that the input does not show; None if it
    may be any. files: of the objects that they apply, and of themselves. whole: there are
    deliveries, and the input has all folders that they apply. shown: identities of the Applications
    and Kustomizations of Flux of which the input has all that they apply.
    """

    unseen: frozenset[str] | None
    files: frozenset[str]
    whole: bool
    shown: frozenset[int]


def unseen_namespaces(context: Context) -> frozenset[str] | None:
    """The namespaces; None if it may be any. A chart brings its objects where it is installed."""
    return delivered(context).unseen


def delivered(context: Context) -> Delivered:
    """What Flux, Argo CD and others deliver, of the whole input."""
    return context.once(_delivered)


def _delivered(context: Context) -> Delivered:
    bundle = context.bundle.part_of or context.bundle
    folders = Folders(bundle.resources, ("resources", "bases", "components"))
    folders.settle(path for engine in (flux, argocd) for path in engine.paths(folders))
    worlds = {one.file: together(context, one) for one in context.bundle.objects}
    open_ = {file for file, world in worlds.items() if world is not None and world.brings}
    holding = {os.path.dirname(one.file) for one in bundle.objects}
    charts = {
        os.path.dirname(one.file)
        for one in bundle.settings
        if os.path.basename(one.file) == "Chart.yaml"
    }
    files: set[str] = set()
    unseen: set[str] = set()
    some, known, whole = False, True, True
    # Of these charts all objects are known.
    made = (pool.install for pool in chart_pools(context.bundle) if plain_name(pool.namespace))
    pools = {id(one.parts[0].by) for one in made if one.chart.chart == _POOL_CHART}
    shown = set(pools)
    rendered: dict[tuple[str, str, str], set[str]] = {}
    for one in bundle.objects:
        if one.written is not None:
            rendered.setdefault(one.written.by, set()).add(one.file)
    for one in context.bundle.objects:
        if one.kind not in table()["opaque"] or id(one) in pools:
            continue
        if (one.file, one.kind, one.name) in rendered:  # a chart of the input
            some = True
            files |= rendered[one.file, one.kind, one.name] | {one.file}
            shown.add(id(one))
            continue
        if one.kind in _SETS:
            for spec in specs(bundle, one) if one.kind == _SETS[1] else [as_dict(one.get("spec"))]:
                given = [as_dict(source) for _, source in sources(spec, ("spec",))]
                some = True
                applied = [_files(folders, source) for source in given]
                files.update({one.file}, *applied)
                if given and all(
                    _is_here(source, holding, charts, own) and own.isdisjoint(open_)
                    for source, own in zip(given, applied, strict=True)
                ):
                    shown |= {id(one)} if one.kind == _SETS[0] else set()
                    continue
                space = text(as_dict(spec.get("destination")).get("namespace"))
                known = known and not any(_makes_deliveries(x, space, one) for x in given)
                whole = whole and all(
                    own or not source.get("path")
                    for source, own in zip(given, applied, strict=True)
                )
                unseen.add(space)
        elif one.group == _CHARTS.get(one.kind):
            unseen.add(text(one.get("spec", "targetNamespace")) or one.namespace)
        elif (one.kind, one.group) == (flux.KIND, flux.GROUP):
            some = True
            found = _files(folders, as_dict(one.get("spec")))
            files |= found | {one.file}
            shown |= {id(one)} if found and found.isdisjoint(open_) else set()
            if not found and not _DEFINITIONS.search(text(one.get("spec", "path"))):
                whole = False
                unseen.add(text(one.get("spec", "targetNamespace")))
        elif one.kind != "GitRepository":  # a source; a Kustomization says what is applied of it
            known = False
    known = known and all(space and plain(space) for space in unseen)
    return Delivered(
        frozenset(unseen) if known else None,
        frozenset(files),
        some and whole and known,
        frozenset(shown),
    )


def _makes_deliveries(source: dict[str, object], space: str, one: Resource) -> bool:
    """Whether a source that the input does not show may make further Applications."""
    path, chart = text(source.get("path")), text(source.get("chart"))
    if chart:
        return chart == "argocd-apps" or not plain(chart)
    return not plain(path) or bool(path and space == one.namespace)


def _files(folders: Folders, source: dict[str, object]) -> set[str]:
    """The files of the objects that a source applies; none for one that the input does not have."""
    path = text(source.get("path"))
    kind = text(as_dict(source.get("sourceRef")).get("kind")) or "GitRepository"
    if kind != "GitRepository" or source.get("chart") or not plain(path):
        return set()
    return {one.file for one in folders.below(path) or ()}


def _is_here(
    source: dict[str, object], folders: set[str], charts: set[str], files: set[str]
) -> bool:
    """Whether a source of an Application is a folder of manifests of the input."""
    path = text(source.get("path")).strip("/")
    if source.get("chart") or not path or not plain(path):
        return False
    below = [f for f in folders if f"/{path}/" in f"/{f}/"]
    return bool(below or files) and not any(f"/{path}/" in f"/{c}/" for c in charts)
