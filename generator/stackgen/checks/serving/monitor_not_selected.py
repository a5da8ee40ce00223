"""A monitor or a rule that the Prometheus of the input does not take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.provided import provided
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import labels_of, selector

# Each kind with the field of a Prometheus that selects it, and that of the values of
# kube-prometheus-stack which turns the label `release` off.
_FIELDS = {
    "ServiceMonitor": ("serviceMonitorSelector", "serviceMonitorSelectorNilUsesHelmValues"),
    "PodMonitor": ("podMonitorSelector", "podMonitorSelectorNilUsesHelmValues"),
    "PrometheusRule": ("ruleSelector", "ruleSelectorNilUsesHelmValues"),
    "Probe": ("probeSelector", "probeSelectorNilUsesHelmValues"),
}
_GROUP, _CHART = "monitoring.coreos.com", "kube-prometheus-stack"


def check(context: Context) -> Violations:
    """Objects that no Prometheus of the input selects by its labels."""
    known = provided(context)
    for kind, (field, off) in _FIELDS.items():
        wanted = list(_selectors(context, field, off))
        for one in context.bundle.of_kind(kind, _GROUP) if wanted else ():
            labels = labels_of(one.metadata)
            if known.composed(one) or any(
                not given or selector(given).matches(labels) is not False for _, given in wanted
            ):
                continue
            name, given = wanted[0]
            asked = ", ".join(f"{k}={v}" for k, v in as_dict(given.get("matchLabels")).items())
            yield violation(
                f"{kind} {one.name} lacks the labels by which {name} selects: {asked or given}",
                Place(one, ("metadata", "labels")),
            )


def _selectors(context: Context, field: str, off: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The selectors of the input, each with what has it. Without one, nothing is selected."""
    for server in context.bundle.of_kind("Prometheus", _GROUP):
        yield f"Prometheus {server.name}", as_dict(server.get("spec", field))
    for release in context.bundle.of_kind("HelmRelease"):
        if text(release.get("spec", "chart", "spec", "chart")) == _CHART:
            yield _of_chart(release, field, off)


def _of_chart(release: Resource, field: str, off: str) -> tuple[str, dict[str, Any]]:
    spec = as_dict(release.get("spec", "values", "prometheus", "prometheusSpec"))
    name = f"HelmRelease {release.name}"
    if spec.get(off) is False or release.get("spec", "valuesFrom") or field in spec:
        return name, as_dict(spec.get(field))
    called = text(release.get("spec", "releaseName")) or release.name
    return name, {"matchLabels": {"release": called}}
