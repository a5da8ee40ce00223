"""A collector whose image does not contain an exporter of its configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.collector_pipeline import CHART
from stackgen.escape import visible
from stackgen.facts.chart_values import installs
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

# The distributions core and k8s of the project.
_SMALL = regex(r"(?:\A|/)opentelemetry-collector(?:-k8s)?(?:[:@]|\Z)")
_OWN = regex(r"(?:\A|/)(?:otel|open-telemetry/opentelemetry-collector-releases)/")
# Exporters that only the distribution contrib has.
_CONTRIB = frozenset(
    {
        "awsemf", "awsxray", "azuremonitor", "clickhouse", "datadog", "elasticsearch",
        "googlecloud", "googlecloudpubsub", "googlemanagedprometheus", "loki", "splunk_hec",
    }
)  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each collector of the operator or of the chart."""
    for image, place, config in _collectors(context):
        if not (_SMALL.search(image) and _OWN.search(image)):
            continue
        pipelines = as_dict(at(config, "service", "pipelines"))
        used = {
            text(name)
            for _, pipe in maps(list(pipelines.values()))
            for name in as_list(pipe.get("exporters"))
        }
        for name in sorted(used):
            kind = name.partition("/")[0]
            if kind in _CONTRIB:
                yield violation(
                    f"the image {visible(image)} has no exporter {visible(kind)}; "
                    "opentelemetry-collector-contrib has it",
                    place,
                )
                break


def _collectors(context: Context) -> Iterator[tuple[str, Place, Mapping[str, Any]]]:
    """The image of each, its place, and the configuration."""
    for one in context.bundle.of_kind("OpenTelemetryCollector", "opentelemetry.io"):
        path = ("spec", "image")
        yield text(one.get(*path)), Place(one, path), as_dict(one.get("spec", "config"))
    for install in installs(context.bundle):
        if install.chart.chart == CHART and not at(install.values, "command", "name"):
            repository = text(at(install.values, "image", "repository"))
            place = install.place("image", "repository")
            yield repository, place, as_dict(install.values.get("config"))
