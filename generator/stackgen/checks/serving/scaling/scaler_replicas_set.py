"""A number of replicas in the manifest of what an autoscaler scales."""

from __future__ import annotations

import os
from typing import Any

from stackgen.checks.composed import in_one_set, is_composed
from stackgen.checks.context import Context
from stackgen.facts.application_sets import sources, specs
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Bundle, Resource

_OWN = "kustomize.toolkit.fluxcd.io"
_ARGO = "argoproj.io"
_HPA = "HorizontalPodAutoscaler"
_OPTIONS = ("syncPolicy", "syncOptions")
_RESPECT = "RespectIgnoreDifferences=true"


def check(context: Context) -> Violations:
    """One finding for each target; a warning if the input shows what applies it again and again."""
    for scaler in autoscalers(context.bundle):
        space = scaler.resource.namespace
        for target in context.bundle.named(scaler.kind, space, scaler.name):
            given = target.get("spec", "replicas")
            never = given == 0 and scaler.resource.kind == _HPA and not is_composed(context, target)
            if never and _together(context, scaler, target):
                yield violation(
                    f"{_HPA} {scaler.resource.name} does not scale {scaler.kind} {scaler.name}, "
                    "which has 0 replicas",
                    Place(target, ("spec", "replicas"), key=True),
                    severity=Severity.WARNING,
                    impact="No Pod starts. The HorizontalPodAutoscaler has the condition "
                    "ScalingActive: False (ScalingDisabled).",
                    remedy="Remove `spec.replicas`, or set at least 1.",
                )
            elif (
                given is not None
                and _together(context, scaler, target)
                and not _left_alone(context, target)
            ):
                yield violation(
                    f"{scaler.resource.kind} {scaler.resource.name} sets the replicas of "
                    f"{scaler.kind} {scaler.name}, which also sets spec.replicas",
                    Place(target, ("spec", "replicas"), key=True),
                    severity=Severity.WARNING if _applied_again(context, target) else None,
                )


def _together(context: Context, scaler: Any, target: Resource) -> bool:
    """Whether both are applied: of samples in several folders, often one is."""
    return in_one_set(context, scaler.resource, target)


def _applied_again(context: Context, target: Resource) -> bool:
    """Whether Flux, or an Application that heals itself, applies what the input has."""
    own, every = _deliverers(context, target), context.bundle.once(_applications)
    heal = (one for one in own or every if at(one, "syncPolicy", "automated", "selfHeal") is True)
    # Of an Application that is not known, what another one ignores may be its own.
    unknown = not own and any(map(_ignored, every))
    return _by_flux(context) or (not unknown and any(not _ignored(spec) for spec in heal))


def _left_alone(context: Context, target: Resource) -> bool:
    """Whether the Applications that deliver the target leave its replicas as they are."""
    own = _deliverers(context, target)
    alone = all(_ignored(spec) and _RESPECT in as_list(at(spec, *_OPTIONS)) for spec in own)
    return bool(own) and alone and not _by_flux(context)


def _by_flux(context: Context) -> bool:
    return any(True for _ in context.bundle.of_kind("Kustomization", _OWN))


def _deliverers(context: Context, target: Resource) -> list[dict[str, Any]]:
    """The Applications whose folder the target is in; else those whose folder may be that."""
    folder = f"/{os.path.dirname(target.file)}/"
    known: list[dict[str, Any]] = []
    perhaps: list[dict[str, Any]] = []
    for spec in context.bundle.once(_applications):
        for _, source in sources(spec, ()):
            path, later, _ = text(source.get("path")).removeprefix("./").lstrip("/").partition("{{")
            if later and f"/{path}" in folder:
                perhaps.append(spec)
            elif path and not later and f"/{path.rstrip('/')}/" in folder:
                known.append(spec)
    return known or perhaps


def _applications(bundle: Bundle) -> list[dict[str, Any]]:
    """What the input says of its Applications, and of those that an ApplicationSet makes."""
    found = [as_dict(one.get("spec")) for one in bundle.of_kind("Application", _ARGO)]
    for one in bundle.of_kind("ApplicationSet", _ARGO):
        found += specs(bundle, one)
    return found


def _ignored(spec: dict[str, Any]) -> bool:
    """Whether an Application leaves the number of replicas, or all that the manager of it sets."""
    return any(
        one.get("managedFieldsManagers")
        or any(
            "replicas" in text(path) or text(path) == "/spec"
            for word in ("jsonPointers", "jqPathExpressions")
            for path in as_list(one.get(word))
        )
        for _, one in maps(spec.get("ignoreDifferences"))
    )
