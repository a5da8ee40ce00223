"""A dependency that Flux counts as ready before its objects are."""

from __future__ import annotations

from stackgen.checks.composed import is_step_changed
from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_KUSTOMIZATION = ("Kustomization", "kustomize.toolkit.fluxcd.io")
_RELEASE = ("HelmRelease", "helm.toolkit.fluxcd.io")
# Flux itself waits for definitions and namespaces; the others are ready when they are applied.
_AT_ONCE = regex(r"crd|source|repo|namespace|config|setting|secret|polic|var|flux")


def check(context: Context) -> Violations:
    """One finding for each dependency of the input that others name and that does not wait."""
    for kind, waits in ((_KUSTOMIZATION, _step_waits), (_RELEASE, _release_waits)):
        known = {(one.namespace, one.name): one for one in context.bundle.of_kind(*kind)}
        told: set[tuple[str, str]] = set()
        for resource in known.values():
            for i, named in maps(resource.get("spec", "dependsOn")):
                space = text(named.get("namespace")) or resource.namespace
                key = (space, text(named.get("name")))
                other = known.get(key)
                if other is None or key in told or named.get("readyExpr") or waits(other):
                    continue
                if other.get("spec", "wait") is None and is_step_changed(context, other):
                    continue  # it may wait after a patch
                told.add(key)
                yield violation(
                    f"{resource.kind} {key[1]} does not wait for its objects",
                    Place(resource, ("spec", "dependsOn", i, "name")),
                    Place(other, ("spec",), note="does not wait"),
                )


def _step_waits(step: Resource) -> bool:
    if step.get("spec", "wait") is True or step.get("spec", "healthChecks"):
        return True
    path = text(step.get("spec", "path"))
    return bool(_AT_ONCE.search(f"{step.name} {path}".lower()))


def _release_waits(release: Resource) -> bool:
    return not any(
        at(as_dict(release.get("spec")), when, "disableWait") is True for when in ("install",)
    )
