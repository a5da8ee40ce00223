"""The rules of prometheus-adapter in the input: which metrics they serve, and for what.

Source: kubernetes-sigs/prometheus-adapter v0.12, docs/config.md. As of 2026-11-30.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.queries import names_of
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place
from stackgen.manifest.yaml_in import parse
from stackgen.record import record
from stackgen.schema.regex import groups

# What groups the result by the objects that it is about.
_GROUPED = ".GroupBy"
_CHART = "prometheus-adapter"


@record
class AdapterRule:
    """A rule. name: of its metric; empty where it is not known. pods: it is about Pods.

    labels: those that stand for resources. grouped: the query has one result for each object.
    """

    name: str
    pods: bool
    labels: tuple[str, ...]
    grouped: bool
    place: Place


def adapter_rules(context: Context) -> tuple[AdapterRule, ...]:
    """All rules for metrics of objects, shared by all checks."""
    return context.once(_rules)


def _rules(context: Context) -> tuple[AdapterRule, ...]:
    found = []
    for one in context.bundle.of_kind("ConfigMap", ""):
        for key, content in as_dict(one.get("data")).items():
            if isinstance(content, str) and "seriesQuery" in content:
                for document in parse(content, key, learning=False):
                    place = Place(one, ("data", key))
                    found += [_rule(r, place) for r in _listed(as_dict(document.data))]
    for values in chart_values(context.bundle):
        if values.chart == _CHART:
            rules, custom = as_dict(values.values.get("rules")), values.place(("rules", "custom"))
            found += [_rule(r, custom) for _, r in maps(rules.get("custom")) if "seriesQuery" in r]
    return tuple(found)


def served(context: Context) -> tuple[frozenset[str], frozenset[str]] | None:
    """The metrics of Pods and objects, and external ones, that the only adapter serves.

    None where the adapter has rules that are not in its values, and where a name is not known.
    """
    found = [one for one in chart_values(context.bundle) if one.chart == _CHART]
    if len(found) != 1 or not found[0].whole:
        return None
    rules = as_dict(found[0].values.get("rules"))
    if rules.get("default") is not False or rules.get("existing"):
        return None
    own, external = (
        frozenset(_name(rule) for _, rule in maps(rules.get(field)) if "seriesQuery" in rule)
        for field in ("custom", "external")
    )
    return None if "" in own | external else (own, external)


def _listed(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for _, rule in maps(config.get("rules")):
        if "seriesQuery" in rule:
            yield rule


def _rule(rule: dict[str, Any], place: Place) -> AdapterRule:
    resources = as_dict(rule.get("resources"))
    overrides = as_dict(resources.get("overrides"))
    kinds = {text(as_dict(to).get("resource")) for to in overrides.values()}
    query = text(rule.get("metricsQuery"))
    return AdapterRule(
        _name(rule),
        bool(resources.get("template")) or bool(kinds & {"pod", "pods"}),
        tuple(map(str, overrides)),
        not query or _GROUPED in query,
        place,
    )


def _name(rule: dict[str, Any]) -> str:
    """The name of the metric: that of the series, which `name` changes."""
    series = tuple(names_of(text(rule.get("seriesQuery"))))
    given = as_dict(rule.get("name"))
    new, pattern = text(given.get("as")), text(given.get("matches"))
    if new and "$" not in new:
        return new
    if len(series) != 1 or len(pattern) > 200:
        return ""
    if not pattern:
        return series[0] if not new else ""
    try:
        found = groups(pattern, series[0])
    except ValueError:
        return ""
    if found is None:
        return series[0]
    new = new or ("${1}" if len(found) > 1 else "$0")
    return re.sub(r"\$\{?(\d)\}?", lambda n: dict(enumerate(found)).get(int(n[1]), ""), new)
