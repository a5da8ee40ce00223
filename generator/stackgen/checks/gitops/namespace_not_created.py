"""The namespace of a delivery that nothing in the input creates."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.regex import regex

_APPLICATIONS: tuple[tuple[str, Path], ...] = (
    ("Application", ("spec",)),
    ("ApplicationSet", ("spec", "template", "spec")),
)
_FLUX = "helm.toolkit.fluxcd.io"
_CREATE = "CreateNamespace=true"
# Namespaces that a cluster, Argo CD and Flux have from the beginning, or that a platform shares.
_THERE = regex(
    r"(?:default|argocd|argo-cd|flux-system|istio-system|cert-manager)\Z|(?:kube|gke|gmp)-|openshift"
)
_DEEPEST = 12  # folders in the path of a source
_PLAIN = regex(r"[a-z0-9][a-z0-9-]*\Z")


def check(context: Context) -> Violations:
    """One finding for each namespace, at the first delivery to it."""
    created = set(_created(context.bundle))
    said: set[str] = set()
    for resource, path, space in _deliveries(context.bundle):
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


def _deliveries(bundle: Bundle) -> Iterator[tuple[Resource, Path, str]]:
    """What is delivered where, by objects that do not create the namespace."""
    folders = _folders(bundle)
    for kind, base in _APPLICATIONS:
        for one in bundle.of_kind(kind, "argoproj.io"):
            spec = as_dict(one.get(*base))
            options = as_list(as_dict(spec.get("syncPolicy")).get("syncOptions"))
            if _CREATE not in options and _shown(spec, folders):
                path = (*base, "destination", "namespace")
                yield one, path, text(one.get(*path))
    for one in bundle.of_kind("HelmRelease", _FLUX):
        if one.get("spec", "install", "createNamespace") is not True:
            yield one, ("spec", "targetNamespace"), text(one.get("spec", "targetNamespace"))


def _shown(spec: Mapping[str, Any], folders: frozenset[str]) -> bool:
    """Whether the input shows what is delivered. Charts seldom have a Namespace of their own."""
    sources = [as_dict(one) for one in (spec.get("source"), *as_list(spec.get("sources")))]
    paths = [text(one.get("path")).strip("/") for one in sources]
    return all(path in folders for path in paths if path)


def _folders(bundle: Bundle) -> frozenset[str]:
    """The folders of the input, from each folder above on: a path may begin at any of them."""
    parts = [folder.split("/") for folder in {os.path.dirname(r.file) for r in bundle.resources}]
    ends = range(1, _DEEPEST)
    return frozenset(
        "/".join(names[i : i + n]) for names in parts for i in range(len(names)) for n in ends
    )


def _created(bundle: Bundle) -> Iterator[str]:
    """The namespaces that the input creates, or in which it shows that something else is."""
    for one in (*bundle.objects, *bundle.outside):
        if one.kind == "Namespace":
            yield one.name
        elif one.kind in ("HelmInstall", "Project", "Command", "Wait"):
            yield one.namespace
            yield text(one.get("spec", "namespace"))
    for kind, base in _APPLICATIONS:
        for one in bundle.of_kind(kind, "argoproj.io"):
            spec = as_dict(one.get(*base))
            if _CREATE in as_list(as_dict(spec.get("syncPolicy")).get("syncOptions")):
                yield text(as_dict(spec.get("destination")).get("namespace"))
    for one in bundle.of_kind("HelmRelease", _FLUX):
        if one.get("spec", "install", "createNamespace") is True:
            yield text(one.get("spec", "targetNamespace")) or one.namespace
