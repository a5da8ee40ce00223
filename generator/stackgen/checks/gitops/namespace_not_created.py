"""The namespace of a delivery that nothing in the input creates."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.checks.composed import is_left_out, together
from stackgen.checks.context import Context
from stackgen.checks.serving.deliveries import delivered
from stackgen.escape import visible
from stackgen.facts.application_sets import specs
from stackgen.facts.shape import as_dict, as_list, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource, is_guessed
from stackgen.regex import regex
from stackgen.rollout.applied import Folders
from stackgen.schema.store import is_known, namespaced

_APPLICATIONS: tuple[tuple[str, Path], ...] = (
    ("Application", ("spec",)),
    ("ApplicationSet", ("spec", "template", "spec")),
)
_FLUX = "helm.toolkit.fluxcd.io"
_CREATE = "CreateNamespace=true"
# Namespaces that a cluster, Argo CD and Flux have from the beginning, or that a platform shares.
# The operators of Open Data Hub and OpenShift AI create their own.
_THERE = regex(
    r"(?:default|argocd|argo-cd|flux-system|istio-system|cert-manager|opendatahub)\Z"
    r"|(?:kube|gke|gmp|redhat)-|openshift"
)
_DEEPEST = 12  # folders in the path of a source
_PLAIN = regex(r"[a-z0-9][a-z0-9-]*\Z")


def check(context: Context) -> Violations:
    """One finding for each namespace, at the first delivery to it or the first object in it."""
    created = set(_created(context))
    said: set[str] = set()
    for resource, path, space in _deliveries(context):
        known = space in created or space == resource.namespace or _THERE.match(space)
        if _PLAIN.match(space) and not known and space not in said:
            said.add(space)
            flux = resource.kind == "HelmRelease"
            way = "spec.install.createNamespace" if flux else f"syncOptions {_CREATE}"
            yield violation(
                f"{resource.kind} {visible(resource.name)} has no {way}, and nothing in the input "
                f"creates namespace {space}",
                Place(resource, path),
            )
    for one in _applied(context) if not any(map(_brings, context.bundle.resources)) else ():
        space = one.namespace
        if is_guessed(one):
            continue
        if _PLAIN.match(space) and not _THERE.match(space) and space not in created | said:
            said.add(space)
            yield violation(
                f"Flux applies {one.kind} {visible(one.name)} in namespace {space}, which nothing "
                "in the input creates",
                Place(one, ("metadata", "namespace")),
            )


def _applied(context: Context) -> Iterator[Resource]:
    """What Flux applies, if the input has all that it applies, and nothing else delivers."""
    if context.plan is not None:  # the platform that others install has the namespace
        return
    known = context.once(delivered)
    argo = any(any(context.bundle.of_kind(kind, "argoproj.io")) for kind, _ in _APPLICATIONS)
    if known.whole and not argo:
        for one in context.bundle.objects:
            if one.file in known.files and namespaced(one.group, one.kind):
                yield one


def _brings(index: Resource) -> bool:
    """Whether a kustomization has resources of another place, which may be Namespaces."""
    entries = as_list(index.get("resources")) if index.index else []
    return any("://" in str(one) or "?ref=" in str(one) for one in entries)


def _deliveries(context: Context) -> Iterator[tuple[Resource, Path, str]]:
    """What is delivered where, by objects that do not create the namespace."""
    bundle = context.bundle
    folders, applied = _folders(bundle.resources), Folders(bundle.resources)
    remote = _folders(one for one in bundle.resources if _brings(one))
    for kind, base in _APPLICATIONS:
        for one in bundle.of_kind(kind, "argoproj.io"):
            own = [as_dict(one.get(*base))]
            for spec in specs(bundle, one) if kind == "ApplicationSet" else own:
                options = as_list(as_dict(spec.get("syncPolicy")).get("syncOptions"))
                if _CREATE in options or not _shown(spec, folders):
                    continue
                if not _is_placed(context, spec, applied, remote):
                    path = (*base, "destination", "namespace")
                    yield one, path, text(as_dict(spec.get("destination")).get("namespace"))
    for one in bundle.of_kind("HelmRelease", _FLUX):
        if one.get("spec", "install", "createNamespace") is not True:
            yield one, ("spec", "targetNamespace"), text(one.get("spec", "targetNamespace"))


def _shown(spec: Mapping[str, Any], folders: frozenset[str]) -> bool:
    """Whether the input shows what is delivered. Charts seldom have a Namespace of their own."""
    sources = [as_dict(one) for one in (spec.get("source"), *as_list(spec.get("sources")))]
    paths = [text(one.get("path")).strip("/") for one in sources]
    return all(path in folders for path in paths if path)


def _is_placed(
    context: Context, spec: Mapping[str, Any], applied: Folders, remote: frozenset[str]
) -> bool:
    """Whether all objects of the sources say their namespace, or are in none.

    remote: folders whose kustomizations bring what the input does not show.
    """
    sources = [as_dict(one) for one in (spec.get("source"), *as_list(spec.get("sources")))]
    paths = [text(one.get("path")).strip("/") for one in sources if one]
    found = [list(applied.below(path) or ()) if path else [] for path in paths]
    if not remote.isdisjoint(paths):
        return True  # the Namespace may be among what the input does not show
    if not paths or not all(found):
        return False
    for one in (one for part in found for one in part):
        world = together(context, one)
        placed = one.namespace or (world is not None and world.placed)
        if not placed and (namespaced(one.group, one.kind) or not is_known(one.group, one.kind)):
            return False
    return True


def _folders(resources: Iterable[Resource]) -> frozenset[str]:
    """The folders of the input, from each folder above on: a path may begin at any of them."""
    parts = [folder.split("/") for folder in {os.path.dirname(r.file) for r in resources}]
    ends = range(1, _DEEPEST)
    return frozenset(
        "/".join(names[i : i + n]) for names in parts for i in range(len(names)) for n in ends
    )


def _created(context: Context) -> Iterator[str]:
    """The namespaces that the input creates, or in which it shows that something else is."""
    bundle = context.bundle.part_of or context.bundle
    # Kustomize gives a Namespace the name that it sets as the namespace.
    spaces = {os.path.dirname(r.file) for r in bundle.objects if r.kind == "Namespace"}
    for index in bundle.resources:
        world = together(context, index) if index.index and index.get("namespace") else None
        if world is not None and not spaces.isdisjoint(world.folders):
            yield text(index.get("namespace"))
    # Flux gives a Namespace the name that its variables make.
    filled = context.bundle.objects if bundle is not context.bundle else ()
    for one in (*filled, *bundle.objects, *bundle.outside):
        if one.kind == "Namespace":
            if not is_left_out(context, one):
                yield one.name
        elif one.kind in ("HelmInstall", "Project", "Command", "Wait"):
            yield one.namespace
            yield text(one.get("spec", "namespace"))
    for kind, base in _APPLICATIONS:
        for one in bundle.of_kind(kind, "argoproj.io"):
            own = [as_dict(one.get(*base))]
            for spec in specs(bundle, one) if kind == "ApplicationSet" else own:
                if _CREATE in as_list(as_dict(spec.get("syncPolicy")).get("syncOptions")):
                    yield text(as_dict(spec.get("destination")).get("namespace"))
    for one in bundle.of_kind("HelmRelease", _FLUX):
        if one.get("spec", "install", "createNamespace") is True:
            yield text(one.get("spec", "targetNamespace")) or one.namespace
