"""A pipeline of an OpenTelemetry collector with a component that is not configured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, as_list, at, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.spelling import did_you_mean

_LARGE = 200_000  # characters
CHART = "opentelemetry-collector"
# What the chart and its presets configure (values.yaml and templates/_config.tpl, 0.149.0).
_OF_CHART: Mapping[str, frozenset[str]] = {
    "receivers": frozenset(
        {"filelog", "hostmetrics", "jaeger", "k8s_cluster", "k8sobjects", "kubeletstats", "otlp"}
        | {"prometheus", "zipkin", "file_log", "k8s_events", "host_metrics", "kubelet_stats"}
    ),
    "processors": frozenset(
        {"batch", "k8sattributes", "k8s_attributes", "memory_limiter", "resource"}
        | {"resourcedetection", "resource_detection", "resourcedetection/env"}
    ),
    "exporters": frozenset({"debug", "logging"}),
    "extensions": frozenset({"health_check", "k8s_leader_elector", "k8s_observer", "file_storage"}),
}
_PARTS = ("receivers", "processors", "exporters")


def check(context: Context) -> Violations:
    """One finding for each name, in configurations that are whole."""
    own = len(list(configurations(context)))
    for number, (resource, path, config, inside) in enumerate(all_configurations(context)):
        usual = _OF_CHART if number >= own else {}
        connectors = set(as_dict(config.get("connectors")))
        for pipe, given in as_dict(at(config, "service", "pipelines")).items():
            for part in _PARTS:
                known = {*as_dict(config.get(part)), *usual.get(part, ())}
                known |= connectors if part != "processors" else set()
                for i, name in enumerate(as_list(as_dict(given).get(part))):
                    if text(name) and plain(text(name)) and name not in known:
                        where = ("service", "pipelines", pipe, part, i)
                        yield violation(
                            f"pipeline {visible(text(pipe))} has the {part[:-1]} "
                            f"{visible(text(name))}, which {part} does not configure"
                            f"{did_you_mean(text(name), sorted(map(str, known)))}",
                            Place(resource, path if inside else (*path, *where)),
                        )
        for i, name in enumerate(as_list(at(config, "service", "extensions"))):
            known = {*as_dict(config.get("extensions")), *usual.get("extensions", ())}
            if text(name) and plain(text(name)) and name not in known:
                yield violation(
                    f"service has the extension {visible(text(name))}, which extensions does not "
                    f"configure{did_you_mean(text(name), sorted(map(str, known)))}",
                    Place(resource, path if inside else (*path, "service", "extensions", i)),
                )


def configurations(
    context: Context,
) -> Iterator[tuple[Resource, Path, Mapping[str, Any], bool]]:
    """Each with its place, and whether it is a string there."""
    for resource in context.bundle.of_kind("ConfigMap", ""):
        for key, value in as_dict(resource.get("data")).items():
            yield from _read(resource, ("data", key), value)
    for resource in context.bundle.of_kind("OpenTelemetryCollector", "opentelemetry.io"):
        given = resource.get("spec", "config")
        if isinstance(given, dict):
            yield resource, ("spec", "config"), given, False
        else:
            yield from _read(resource, ("spec", "config"), given)


def all_configurations(
    context: Context,
) -> Iterator[tuple[Resource, Path, Mapping[str, Any], bool]]:
    """Those, and what values of the chart add to its own configuration."""
    yield from configurations(context)
    for values in chart_values(context.bundle):
        config = values.values.get("config")
        if values.chart == CHART and isinstance(config, dict):
            path = values.base if values.inside else (*values.base, "config")
            yield values.holder, path, config, values.inside


def _read(
    resource: Resource, path: Path, value: Any
) -> Iterator[tuple[Resource, Path, Mapping[str, Any], bool]]:
    words = ("pipelines:", "receivers:", "exporters:")
    if not isinstance(value, str) or len(value) > _LARGE or not all(w in value for w in words):
        return
    if "{{" in value:
        return
    documents = parse(value, "config", learning=False)
    if len(documents) == 1 and isinstance(documents[0].data, dict):
        yield resource, path, documents[0].data, True
