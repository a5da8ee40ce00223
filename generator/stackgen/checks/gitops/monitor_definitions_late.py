"""A chart with monitors that is installed before the chart with their definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, as_list, at, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_DEFINES = ("kube-prometheus-stack", "prometheus-operator-crds")
_MONITOR = regex(r"(?:service|pod)-?monitors?\Z|prometheus-?rules?\Z", re.IGNORECASE)
_SWITCH = regex(r"(?:service|pod)MonitorEnabled\Z", re.IGNORECASE)
_GROUP, _KINDS = "monitoring.coreos.com", ("ServiceMonitor", "PodMonitor", "PrometheusRule")
_VALUES = frozenset({"prometheusOperator", "prometheus", "kube-prometheus-stack"})
_WAVE = "argocd.argoproj.io/sync-wave"
_SKIPS = "SkipDryRunOnMissingResource=true"


def check(context: Context) -> Violations:
    """One finding for each chart, at the first value that turns a monitor on."""
    given = list(chart_values(context.bundle))
    defining = [one.by for one in given if one.chart in _DEFINES]
    # Flux's Kustomizations may order what is in them.
    ordered = any(
        one.get("spec", "dependsOn")
        for one in context.bundle.of_kind("Kustomization", "kustomize.toolkit.fluxcd.io")
    )
    if not defining:
        yield from _undefined(context)
    said: set[int] = set()
    for one in given:
        by = one.by
        if id(by) in said or one.chart in _DEFINES:
            continue
        later = next((d for d in defining if _before(by, d, ordered)), None)
        path = next(_monitors(one.values), None) if later is not None else None
        if later is not None and path is not None:
            said.add(id(by))
            yield violation(
                f"{by.kind} {by.name} has monitors, and does not wait for {later.kind} "
                f"{later.name}, which has their definitions",
                one.place(path),
                Place(later, ("metadata", "name"), note="installs the definitions"),
            )


def _undefined(context: Context) -> Violations:
    """The first monitor, where the cluster has Managed Prometheus and nothing else for metrics."""
    bundle = context.bundle
    managed = ("spec", "monitoringConfig", "managedPrometheus", "enabled")
    clusters = [
        one
        for one in (*bundle.objects, *bundle.outside)
        if one.kind == "ContainerCluster" and one.get(*managed) is True
    ]
    known = {text(one.get("spec", "group")) for one in bundle.of_kind("CustomResourceDefinition")}
    others = [*bundle.of_kind("Prometheus", _GROUP), *bundle.of_kind("Alertmanager", _GROUP)]
    # A user may install the operator by hand, with values of the input.
    by_hand = any(_VALUES & one.data.keys() for one in bundle.settings)
    if clusters and not others and not by_hand and _GROUP not in known:
        for one in (m for kind in _KINDS for m in bundle.of_kind(kind, _GROUP)):
            yield violation(
                f"{one.kind} {one.name} is for the Prometheus Operator, which nothing in the input "
                "installs; Managed Prometheus reads PodMonitoring and Rules",
                Place(one, ("kind",)),
                Place(clusters[0], managed, note="Managed Prometheus"),
            )
            return


def _before(one: Resource, other: Resource, ordered: bool) -> bool:
    """Whether the installation of one does not wait for that of the other, and is not repeated."""
    if one.kind != other.kind or one is other:
        return False
    if one.kind == "Application":
        skips = _SKIPS in as_list(one.get("spec", "syncPolicy", "syncOptions"))
        return not skips and _wave(one) < _wave(other)
    if one.kind != "HelmRelease" or ordered or one.get("spec", "dependsOn"):
        return False
    return not at(one.get("spec", "install"), "remediation", "retries")


def _wave(application: Resource) -> int:
    wave = text(as_dict(application.get("metadata", "annotations")).get(_WAVE))
    return int(wave) if re.fullmatch(r"-?\d{1,6}", wave) else 0


def _monitors(values: Any, path: Path = ()) -> Iterator[Path]:
    """The values that turn monitors on."""
    for key, value in as_dict(values).items():
        if _MONITOR.match(key) and isinstance(value, dict):
            yield from ((*path, key, w) for w in ("enabled", "create") if value.get(w) is True)
        elif _SWITCH.match(key) and value is True:
            yield (*path, key)
        else:
            yield from _monitors(value, (*path, key))
