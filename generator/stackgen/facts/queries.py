"""Queries for metrics in manifests: alerts, recording rules, dashboards and autoscalers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.manifest.document import Path, show_path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.record import record
from stackgen.regex import regex

_RULES = {
    ("PrometheusRule", "monitoring.coreos.com"),
    *((kind, "monitoring.googleapis.com") for kind in ("Rules", "ClusterRules", "GlobalRules")),
}
_STRING = regex(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_NAMED = regex(r'__name__\s*=\s*"([^"\\]*)"')
_COMMENT = regex(r"#[^\n]*")
_SELECTOR = regex(r"\{[^{}]*\}|\[[^\[\]]*\]")
_LABELS = regex(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)", re.I)
_NAME = regex(r"(?<![\w:$.])[a-zA-Z_:][a-zA-Z0-9_:]*(?![\w:]|\s*\()")
_SERIES = "seriesQuery"
_GROUPS = regex(r"^groups:\s*$", re.M)
_OR = regex(r"\bor\b")
_GOOGLE = "prometheus.googleapis.com|"


@record
class Query:
    """A query, and where it is. names: of the metrics that it reads.

    renamed: an adapter may have given these names, so that only the exact ones tell something.
    alternatives: the query has an `or`, so that some of its names may be absent on purpose.
    """

    resource: Resource
    path: Path
    names: tuple[str, ...]
    renamed: bool = False
    alternatives: bool = False


def names_of(query: str) -> tuple[str, ...]:
    """The words of a PromQL query that may be metrics, each once."""
    named = [found[1] for found in _NAMED.finditer(query)]
    rest = _COMMENT.sub(" ", _STRING.sub('""', query))
    rest = _LABELS.sub(" ", _SELECTOR.sub(" ", rest))
    return tuple(dict.fromkeys([*named, *_NAME.findall(rest)]))


def all_queries(bundle: Bundle) -> tuple[Query, ...]:
    """Every query in the objects of the bundle."""
    return bundle.once(_of_bundle)


def _of_bundle(bundle: Bundle) -> tuple[Query, ...]:
    return (*queries((*bundle.objects, *bundle.dashboards)), *_of_values(bundle))


# Where values of charts have groups of rules: a map of files, or a list.
_IN_VALUES: tuple[tuple[str, Path], ...] = (
    ("kube-prometheus-stack", ("additionalPrometheusRulesMap",)),
    ("kube-prometheus-stack", ("additionalPrometheusRules",)),
    ("prometheus", ("serverFiles",)),
)


def _of_values(bundle: Bundle) -> Iterator[Query]:
    """The rules of Prometheus and of prometheus-adapter in values of charts."""
    for values in chart_values(bundle):
        if values.inside:
            continue
        for chart, path in _IN_VALUES if values.chart != "prometheus-adapter" else ():
            given = at(values.values, *path) if values.chart == chart else None
            items = given.items() if isinstance(given, dict) else maps(given)
            for key, file in items:
                for i, group in maps(as_dict(file).get("groups")):
                    for j, rule in maps(group.get("rules")):
                        where = (*values.base, *path, key, "groups", i, "rules", j, "expr")
                        yield from _query(values.holder, where, rule.get("expr"))
        for part in ("custom", "external") if values.chart == "prometheus-adapter" else ():
            for i, rule in maps(at(values.values, "rules", part)):
                where = (*values.base, "rules", part, i, _SERIES)
                yield from _query(values.holder, where, rule.get(_SERIES))


def queries(resources: Iterable[Resource]) -> Iterator[Query]:
    """Every query in these objects."""
    for resource in resources:
        if (resource.kind, resource.group) in _RULES:
            for path, rule in _rules(resource):
                yield from _query(resource, (*path, "expr"), rule.get("expr"))
        elif resource.kind == "ConfigMap" and not resource.group:
            for key, value in as_dict(resource.data.get("data")).items():
                if str(key).endswith(".json"):
                    yield from _dashboard(resource, ("data", key), value)
                elif isinstance(value, str) and _SERIES in value:
                    yield from _adapter(resource, ("data", key), value)
                elif isinstance(value, str) and _GROUPS.search(value) and "expr:" in value:
                    yield from _rule_file(resource, ("data", key), value)
        elif resource.kind == "GrafanaDashboard":
            yield from _dashboard(resource, ("spec", "json"), resource.get("spec", "json"))
        elif (resource.kind, resource.group) == ("HorizontalPodAutoscaler", "autoscaling"):
            yield from _autoscaler(resource)
        for path, trigger in triggers_of(resource):
            query = as_dict(trigger.get("metadata")).get("query")
            yield from _query(resource, (*path, "metadata", "query"), query)


def triggers_of(resource: Resource) -> tuple[tuple[Path, dict[str, Any]], ...]:
    """The triggers of KEDA in an object, which may be one of a platform that scales by KEDA."""
    return resource.once(_triggers)


def _triggers(resource: Resource) -> tuple[tuple[Path, dict[str, Any]], ...]:
    places: list[Path] = [("spec", "scaling", "keda"), ("spec", "prefill", "scaling", "keda")]
    if resource.group == "keda.sh":
        places = [("spec",)]
    return tuple(
        ((*place, "triggers", i), trigger)
        for place in places
        for i, trigger in maps(resource.get(*place, "triggers"))
    )


def recorded(resources: Iterable[Resource]) -> dict[str, tuple[str, ...]]:
    """The names that recording rules give to new series, and the metrics that these rules read."""
    return {
        text(rule.get("record")): names_of(text(rule.get("expr")))
        for resource in resources
        if (resource.kind, resource.group) in _RULES
        for _, rule in _rules(resource)
    }


def _rules(resource: Resource) -> Iterator[tuple[Path, dict[str, Any]]]:
    for i, group in maps(resource.get("spec", "groups")):
        for j, rule in maps(group.get("rules")):
            yield ("spec", "groups", i, "rules", j), rule


def _query(resource: Resource, path: Path, query: Any) -> Iterator[Query]:
    if isinstance(query, str):
        yield Query(resource, path, names_of(query), alternatives=_OR.search(query) is not None)


def _dashboard(resource: Resource, path: Path, content: Any) -> Iterator[Query]:
    """All queries of a Grafana dashboard together: they are one text of the manifest."""
    import json

    if not isinstance(content, str) or '"expr"' not in content:
        return
    try:
        left: list[Any] = [json.loads(content)]
    except (ValueError, RecursionError):
        return
    names: dict[str, None] = {}
    alternatives = False
    while left:
        part = left.pop()
        if isinstance(part, dict):
            if isinstance(part.get("expr"), str):
                names.update(dict.fromkeys(names_of(part["expr"])))
                alternatives = alternatives or _OR.search(part["expr"]) is not None
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)
    yield Query(resource, path, tuple(names), alternatives=alternatives)


def _rule_file(resource: Resource, path: Path, content: str) -> Iterator[Query]:
    """The queries of a file of rules for Prometheus, together, but for series that it records."""
    read: dict[str, None] = {}
    made: set[str] = set()
    alternatives = False
    for document in parse(content, show_path(path), learning=False):
        for _, group in maps(as_dict(document.data).get("groups")):
            for _, rule in maps(group.get("rules")):
                read.update(dict.fromkeys(names_of(text(rule.get("expr")))))
                alternatives = alternatives or _OR.search(text(rule.get("expr"))) is not None
                made.add(text(rule.get("record")))
    names = tuple(name for name in read if name not in made)
    yield Query(resource, path, names, alternatives=alternatives)


def _adapter(resource: Resource, path: Path, content: str) -> Iterator[Query]:
    """The series that a configuration of prometheus-adapter reads, together."""
    names: dict[str, None] = {}
    for document in parse(content, show_path(path)):
        rules = as_dict(document.data)
        for section in ("rules", "externalRules"):
            for _, rule in maps(rules.get(section)):
                names.update(dict.fromkeys(names_of(text(rule.get(_SERIES)))))
    yield Query(resource, path, tuple(names))


def _autoscaler(resource: Resource) -> Iterator[Query]:
    for i, metric in maps(resource.get("spec", "metrics")):
        for source in ("pods", "object", "external"):
            name = as_dict(as_dict(metric.get(source)).get("metric")).get("name")
            if not isinstance(name, str):
                continue
            path = ("spec", "metrics", i, source, "metric", "name")
            # Google's adapter reads metrics by their own names, with the kind behind them.
            own = name.startswith(_GOOGLE)
            plain, _, kind = name.removeprefix(_GOOGLE).partition("|")
            # Google keeps a histogram as one metric, without the parts that a scrape has.
            names = (f"{plain}_count" if own and kind == "histogram" else plain,)
            yield Query(resource, path, names, renamed=not own)
