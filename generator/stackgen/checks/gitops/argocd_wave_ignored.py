"""Sync waves of Applications, for which Argo CD does not wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, text, texts
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.rollout.argocd import GROUP, WAVE, wave_of

# The health check of the kind, as a key of its own or in one for all kinds.
_CHECKS = ("argoproj.io_Application", "argoproj.io/Application")
_SETTINGS = "argocd-cm"


def check(context: Context) -> Violations:
    """One finding, at the first of the last wave, if the input shows the settings of Argo CD.

    An ApplicationSet makes its Applications at the same time, whatever the settings are.
    """
    for one in context.bundle.of_kind("ApplicationSet", GROUP):
        path: Path = ("spec", "template", "metadata", "annotations", WAVE)
        if "{{" in text(one.get(*path)) and one.get("spec", "strategy") is None:
            yield violation(
                "Applications of a set have sync waves, and the set makes all at the same time",
                Place(one, path),
                remedy="Set the strategy `RollingSync` of the ApplicationSet.",
            )
    applications = [
        one
        for one in context.bundle.of_kind("Application", GROUP)
        if as_dict(one.metadata.get("annotations")).get(WAVE) is not None
    ]
    waves = {wave_of(one)[1] for one in applications}
    settings = list(argocd_settings(context))
    if len(waves) < 2 or not settings or any(map(_checks, settings)):
        return
    last = next(one for one in applications if wave_of(one)[1] == max(waves))
    yield violation(
        f"{len(applications)} Applications have {len(waves)} sync waves, and Argo CD does not wait "
        f"for Applications: no resource.customizations.health.{_CHECKS[0]}",
        Place(last, ("metadata", "annotations", WAVE)),
    )


def argocd_settings(context: Context) -> Iterator[Any]:
    """What configures Argo CD: its ConfigMap, patches of it, values of its chart, the operator."""
    for config in context.bundle.of_kind("ConfigMap"):
        if config.name == _SETTINGS:
            yield config.data
    for patch in context.bundle.patches:
        metadata = as_dict(as_dict(patch.data).get("metadata"))
        if metadata.get("name") == _SETTINGS:
            yield patch.data
    for one in context.bundle.of_kind("ArgoCD", GROUP):
        yield one.data
    for given in chart_values(context.bundle):
        if given.chart == "argo-cd":
            yield given.values
    # A command outside of the input may install the chart with these values.
    for file in context.bundle.settings:
        if _checks(as_dict(file.get("configs")).get("cm")):
            yield file.data


def _checks(settings: Any) -> bool:
    keys = (str(part) for path, _ in texts(settings) for part in path)
    said = (value for _, value in texts(settings))
    both = any(name in one for one in (*keys, *said) for name in _CHECKS)
    # The operator has lists of group, kind and check.
    kinds = any(
        value == "Application" and path[-1:] == ("kind",) for path, value in texts(settings)
    )
    return both or kinds
