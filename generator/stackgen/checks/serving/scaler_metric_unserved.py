"""A metric of a HorizontalPodAutoscaler that no metrics API serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.scaling import scaling
from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path

_GOOGLE = "prometheus.googleapis.com|"


def check(context: Context) -> Violations:
    """One finding for each metric of each autoscaler."""
    scalers = list(context.bundle.of_kind("HorizontalPodAutoscaler", "autoscaling"))
    catalog, google = context.catalog.copy(), bool(scalers) and _google_only(context)
    for scaler in scalers:
        for i, metric in maps(scaler.get("spec", "metrics")):
            for path, said, severity in _wrong(metric, catalog, google):
                place = Place(scaler, ("spec", "metrics", i, *path))
                yield violation(said, place, severity=severity)


def _wrong(
    metric: dict[str, Any], catalog: Catalog, google: bool
) -> Iterator[tuple[Path, str, Severity | None]]:
    for source in ("resource", "containerResource"):
        name = text(at(metric, source, "name"))
        if name and name not in scaling()["resources"]:
            yield (
                (source, "name"),
                f"the metrics API has cpu and memory, not {visible(name)}",
                None,
            )
    for source in ("pods", "object", "external"):
        name = text(at(metric, source, "metric", "name"))
        path: Path = (source, "metric", "name")
        if name.startswith(_GOOGLE):
            plain, _, kind = name.removeprefix(_GOOGLE).partition("|")
            real = _kind_of(plain, catalog)
            if real and kind != real:
                yield path, f"{plain} is a {real}; its name ends in |{real}", None
        elif google and source == "pods" and _kind_of(name, catalog):
            said = f"Google's adapter serves {name} as {_GOOGLE}{name}|{_kind_of(name, catalog)}"
            yield path, said, Severity.WARNING


def _kind_of(name: str, catalog: Catalog) -> str:
    """What a known program exports the name as; empty if none does."""
    for program in catalog.names("metrics"):
        row = catalog.row("metrics", program)
        facts = as_dict(row.data) if row is not None else {}
        if name in facts.get("gauges", ()):
            return "gauge"
        if name.endswith("_total") and name.removesuffix("_total") in facts.get("counters", ()):
            return "counter"
        if name in facts.get("histograms", ()):
            return "histogram"
    return ""


def _google_only(context: Context) -> bool:
    """Whether the input collects metrics for Google Cloud, and shows no other collector."""
    kinds = {resource.kind for resource in context.bundle.objects}
    other = {
        "ServiceMonitor",
        "PodMonitor",
        "Prometheus",
        "APIService",
        "HelmRelease",
        "Application",
    }
    google = kinds & {"PodMonitoring", "ClusterPodMonitoring"}
    return bool(google) and not kinds & other
