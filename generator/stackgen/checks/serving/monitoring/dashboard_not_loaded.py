"""A ConfigMap with a dashboard that the sidecar of Grafana does not load."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.dashboard_datasource import dashboards
from stackgen.checks.serving.monitoring.grafanas import Grafana, grafanas
from stackgen.checks.serving.monitoring.monitor_not_selected import relabelled
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.facts.object_references import references
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import labels_of


def check(context: Context) -> Violations:
    """One finding for each reason, where every Grafana of the input is known."""
    servers = grafanas(context)
    if not servers or not all(one.complete and one.label[0] for one in servers):
        return
    mounted = context.once(_mounted)
    named = " ".join(str(one.values) for one in servers)
    found: dict[str, dict[int, Resource]] = {}
    for resource, _, _ in dashboards(context.bundle.objects):
        # What a Pod or the values of a chart name needs no label.
        if resource.kind != "ConfigMap" or resource.name in mounted or resource.name in named:
            continue
        wrong = [_refuses(one, resource) for one in servers]
        if all(wrong) and not relabelled(context, resource):
            found.setdefault(wrong[0], {})[id(resource)] = resource
    for said, several in found.items():
        more = f"; {len(several) - 1} more like it" if len(several) > 1 else ""
        first = next(iter(several.values()))
        yield violation(f"{said}{more}", Place(first, ("metadata",), key=True))


def _mounted(context: Context) -> frozenset[str]:
    """The ConfigMaps that Pods of the input name."""
    return frozenset(
        to.name
        for pod in pod_specs(context)
        for to in references(pod.spec)
        if to.kind == "ConfigMap"
    )


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
