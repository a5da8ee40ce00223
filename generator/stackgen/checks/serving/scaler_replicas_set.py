"""A number of replicas in the manifest of what an autoscaler scales."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.shape import maps
from stackgen.findings.model import Place, Severity, Violations, violation

_OWN = "kustomize.toolkit.fluxcd.io"


def check(context: Context) -> Violations:
    """One finding for each target; a warning if the input shows what applies it again and again."""
    fights = _applied_again(context)
    for scaler in autoscalers(context.bundle):
        space = scaler.resource.namespace
        for target in context.bundle.named(scaler.kind, space, scaler.name):
            if target.get("spec", "replicas") is not None and target.file == scaler.resource.file:
                yield violation(
                    f"{scaler.resource.kind} {scaler.resource.name} sets the replicas that "
                    f"{scaler.kind} {scaler.name} has written down",
                    Place(target, ("spec", "replicas"), key=True),
                    severity=Severity.WARNING if fights else None,
                )


def _applied_again(context: Context) -> bool:
    """Whether Flux, or an Application that heals itself, applies what the input has."""
    flux = any(True for _ in context.bundle.of_kind("Kustomization", _OWN))
    return flux or any(
        application.get("spec", "syncPolicy", "automated", "selfHeal") is True
        and not any(True for _ in maps(application.get("spec", "ignoreDifferences")))
        for application in context.bundle.of_kind("Application", "argoproj.io")
    )
