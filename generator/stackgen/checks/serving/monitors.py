"""Who collects metrics from pods: PodMonitors of the Prometheus operator, PodMonitorings of GKE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, maps
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record

_KINDS = (
    ("PodMonitor", "monitoring.coreos.com", "podMetricsEndpoints"),
    ("PodMonitoring", "monitoring.googleapis.com", "endpoints"),
)


@record
class Monitor:
    """labels: of the pods it selects, never empty. endpoints: each with its path."""

    resource: Resource
    labels: Mapping[str, Any]
    endpoints: tuple[tuple[Path, dict[str, Any]], ...]


def monitors(context: Context) -> Iterator[Monitor]:
    """The monitors of the input that select pods of their own namespace by labels."""
    for kind, group, field in _KINDS:
        for resource in context.bundle.of_kind(kind, group):
            labels = as_dict(resource.get("spec", "selector", "matchLabels"))
            elsewhere = resource.get("spec", "namespaceSelector") is not None
            if not labels or elsewhere or resource.get("spec", "selector", "matchExpressions"):
                continue
            found = ((("spec", field, i), one) for i, one in maps(resource.get("spec", field)))
            yield Monitor(resource, labels, tuple(found))
