"""A number of replicas in the manifest of what an autoscaler scales."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from stackgen.checks.composed import in_one_set, is_composed
from stackgen.checks.context import Context
from stackgen.facts.application_sets import sources
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource

_OWN = "kustomize.toolkit.fluxcd.io"
_ARGO = "argoproj.io"
_HPA = "HorizontalPodAutoscaler"


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
            elif given is not None and _together(context, scaler, target):
                yield violation(
                    f"{scaler.resource.kind} {scaler.resource.name} sets the replicas of "
                    f"{scaler.kind} {scaler.name}, which also sets spec.replicas",
                    Place(target, ("spec", "replicas"), key=True),
                    severity=Severity.WARNING if _applied_again(context, target) else None,
                )


def _together(context: Context, scaler: Any, target: Resource) -> bool:
    """Whether both are applied: of samples in several folders, often one is."""
    own = scaler.resource
    beside = os.path.dirname(own.file) == os.path.dirname(target.file)
    return beside or in_one_set(context, own, target)


def _applied_again(context: Context, target: Resource) -> bool:
    """Whether Flux, or an Application that heals itself, applies what the input has.

    Of Applications, those whose folder the target is in count, if there are any.
    """
    flux = any(True for _ in context.bundle.of_kind("Kustomization", _OWN))
    applications = list(_applications(context))
    own = [spec for spec in applications if _delivers(spec, target)]
    return flux or any(
        at(spec, "syncPolicy", "automated", "selfHeal") is True and not _ignored(spec)
        for spec in own or applications
    )


def _delivers(spec: dict[str, Any], target: Resource) -> bool:
    """Whether a source of an Application is a folder that holds the file of the target."""
    folder = f"/{os.path.dirname(target.file)}/"
    paths = (text(source.get("path")).strip("/") for _, source in sources(spec, ()))
    return any(path and f"/{path}/" in folder for path in paths)


def _applications(context: Context) -> Iterator[dict[str, Any]]:
    for application in context.bundle.of_kind("Application", _ARGO):
        yield as_dict(application.get("spec"))
    for application in context.bundle.of_kind("ApplicationSet", _ARGO):
        yield as_dict(application.get("spec", "template", "spec"))


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
