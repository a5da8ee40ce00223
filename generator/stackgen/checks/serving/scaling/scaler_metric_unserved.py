"""A metric of a HorizontalPodAutoscaler that no metrics API serves."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.scaling import scaling
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.scaling.adapter_rules import AdapterRule, adapter_rules, served
from stackgen.escape import visible
from stackgen.facts.chart_values import installs
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import selector
from stackgen.spelling import did_you_mean

_GOOGLE = "prometheus.googleapis.com|"


def check(context: Context) -> Violations:
    """One finding for each metric of each autoscaler."""
    scalers = list(context.bundle.of_kind("HorizontalPodAutoscaler", "autoscaling"))
    catalog, google = context.catalog.copy(), bool(scalers) and _google_only(context)
    collected = bool(scalers) and _google_only(context, {"HelmRelease", "Application"})
    for scaler in scalers:
        for i, metric in maps(scaler.get("spec", "metrics")):
            for path, said, severity in _wrong(metric, catalog, google):
                place = Place(scaler, ("spec", "metrics", i, *path))
                yield violation(said, place, severity=severity)
            path = ("spec", "metrics", i, "pods", "metric", "name")
            if collected and text(scaler.get(*path)).startswith(_GOOGLE):
                yield from _uncollected(context, scaler, path)
            yield from _not_served(context, scaler, i, metric)
            yield from _by_default(context, scaler, path, catalog)
            for said, rule in _of_adapter(context, text(scaler.get(*path))):
                yield violation(said, Place(scaler, path), rule.place, severity=Severity.WARNING)


def _not_served(context: Context, scaler: Resource, i: int, metric: dict[str, Any]) -> Violations:
    """A metric of which the only adapter of the input has no rule."""
    known = served(context)
    for source in ("pods", "object", "external"):
        name = text(at(metric, source, "metric", "name"))
        if known is None or not name or not plain(name):
            continue
        own = known[source == "external"]
        # KEDA serves external metrics by names of its own.
        if name not in own and (source != "external" or name.startswith(_GOOGLE)):
            has = f"; it serves {', '.join(sorted(own))}" if own else ""
            yield violation(
                f"no rule of prometheus-adapter serves {visible(name)}"
                f"{did_you_mean(name, sorted(own)) or has}",
                Place(scaler, ("spec", "metrics", i, source, "metric", "name")),
                severity=Severity.WARNING,
            )


def _by_default(context: Context, scaler: Resource, path: Path, catalog: Catalog) -> Violations:
    """A name with _ for : of a series, which the default rules of the adapter serve as it is."""
    name = text(scaler.get(*path))
    engine, _, rest = name.partition("_")
    series = f"{engine}:{rest}"
    if not rest or not _kind_of(series, catalog) or _kind_of(name, catalog):
        return
    adapters = [one for one in installs(context.bundle) if one.chart.chart == "prometheus-adapter"]
    recorded = {
        text(rule.get("record"))
        for one in context.bundle.of_kind("PrometheusRule")
        for _, group in maps(one.get("spec", "groups"))
        for _, rule in maps(group.get("rules"))
    }
    rules = [as_dict(one.values.get("rules")) for one in adapters]
    own = any(given.keys() - {"default"} or given.get("default") is False for given in rules)
    if len(adapters) == 1 and adapters[0].complete and not own and name not in recorded:
        yield violation(
            f"prometheus-adapter has its default rules alone, which serve {series} by that name, "
            f"not as {visible(name)}",
            Place(scaler, path),
            adapters[0].place("rules"),
            severity=Severity.WARNING,
        )


def _uncollected(context: Context, scaler: Resource, path: Path) -> Violations:
    """A metric of Pods that no monitor of the input selects, though it has monitors for others."""
    ref = as_dict(scaler.get("spec", "scaleTargetRef"))
    target = (text(ref.get("kind")), text(ref.get("name")))
    monitored = [
        as_dict(one.get("spec", "selector"))
        for kind in ("PodMonitoring", "ClusterPodMonitoring")
        for one in context.bundle.of_kind(kind, "monitoring.googleapis.com")
        if kind != "PodMonitoring" or one.namespace == scaler.namespace
    ]
    own = [
        one
        for one in chain(context).pods.get(scaler.namespace, [])
        if (one.owner.kind, one.owner.name) == target
    ]
    if own and not any(selector(s).matches(p.labels) is not False for s in monitored for p in own):
        yield violation(
            f"no PodMonitoring selects the Pods of {target[0]} {target[1]}, so that Google Cloud "
            "has no such metric of them",
            Place(scaler, path),
            severity=Severity.WARNING,
        )


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


def _of_adapter(context: Context, name: str) -> Iterator[tuple[str, AdapterRule]]:
    """What is wrong with the only rule of prometheus-adapter for a metric of Pods."""
    rules = [rule for rule in adapter_rules(context) if rule.name == name]
    if not name or len(rules) != 1:
        return
    rule, scraped = rules[0], next(context.bundle.of_kind("ServiceMonitor"), None)
    scraped = scraped or next(context.bundle.of_kind("PodMonitor"), None)
    other = sorted({"kubernetes_namespace", "kubernetes_pod_name"} & {*rule.labels})
    of = f"the rule of prometheus-adapter for {visible(name)}"
    if not rule.pods:
        yield f"{of} has no resource pod, so that it is no metric of Pods", rule
    elif not rule.grouped:
        yield f"{of} does not group by <<.GroupBy>>, so that no result is that of a Pod", rule
    elif other and scraped is not None:
        said = f"{of} reads {', '.join(other)}, and a {scraped.kind} gives namespace and pod"
        yield said, rule


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


def _google_only(context: Context, but: AbstractSet[str] = frozenset()) -> bool:
    """Whether the input collects metrics for Google Cloud, and shows no other collector.

    but: kinds that are no sign of another collector.
    """
    kinds = {resource.kind for resource in context.bundle.objects}
    other = {
        "ServiceMonitor",
        "PodMonitor",
        "Prometheus",
        "APIService",
        "HelmRelease",
        "Application",
        "OpenTelemetryCollector",
    }
    google = kinds & {"PodMonitoring", "ClusterPodMonitoring"}
    own = any(
        "kubernetes_sd_configs" in text(value)
        for one in context.bundle.of_kind("ConfigMap", "")
        for value in as_dict(one.get("data")).values()
    )
    return bool(google) and not own and not kinds & (other - but)
