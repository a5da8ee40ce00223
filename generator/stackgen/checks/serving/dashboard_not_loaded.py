"""A ConfigMap with a dashboard that the sidecar of Grafana does not load."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.dashboard_datasource import dashboards
from stackgen.checks.serving.grafanas import Grafana, grafanas
from stackgen.checks.serving.monitor_not_selected import relabelled
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import labels_of


def check(context: Context) -> Violations:
    """One finding for each ConfigMap, where every Grafana of the input is known."""
    servers = grafanas(context)
    if not servers or not all(one.complete and one.label[0] for one in servers):
        return
    told: set[int] = set()
    for resource, _, _ in dashboards(context.bundle.objects):
        if resource.kind != "ConfigMap" or id(resource) in told:
            continue
        told.add(id(resource))
        if any(resource.name in str(one.values) for one in servers):
            continue  # mounted by its name
        wrong = [_refuses(one, resource) for one in servers]
        if all(wrong) and not relabelled(context, resource):
            yield violation(wrong[0], Place(resource, ("metadata",), key=True))


def _refuses(one: Grafana, resource: Resource) -> str:
    """Why the sidecar does not load the ConfigMap; "" if it does."""
    label, value = one.label
    labels, spaces = labels_of(resource.metadata), one.spaces
    wanted = f"{label}={value}" if value else label
    by = f"Grafana of chart {one.install.chart.chart}"
    if label not in labels or (value and str(labels[label]) != value):
        return f"{by} loads dashboards of ConfigMaps with the label {wanted}; this one lacks it"
    if spaces is not None and resource.namespace and resource.namespace not in spaces:
        return (
            f"{by} loads dashboards of namespace {', '.join(spaces)} only; this one is in "
            f"{resource.namespace}"
        )
    return ""
