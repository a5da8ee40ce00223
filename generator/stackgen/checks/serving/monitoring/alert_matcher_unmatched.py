"""A route or an inhibit rule of Alertmanager for a severity that no alert has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_DEEP = 20
_CHARTS = {"kube-prometheus-stack", "alertmanager", "prometheus"}
# Of the rules that charts and mixins bring: kube-prometheus, Loki, cert-manager and others.
_USUAL = frozenset({"critical", "warning", "info", "none"})
_MATCHER = regex(r"""\s*"?severity"?\s*=~?\s*["']?([\w-]+)["']?\s*\Z""")
_LABEL = "severity"


def check(context: Context) -> Violations:
    """One finding for each matcher, where all alerts of the input have a plain severity."""
    given = context.once(_severities)
    for place, value in _asked(context) if given else ():
        if value not in given | _USUAL and not _written(context, value):
            hint = did_you_mean(value, sorted(given)) or f"; they have {', '.join(sorted(given))}"
            yield violation(f"no alert of the input has the severity {visible(value)}{hint}", place)


def _asked(context: Context) -> Iterator[tuple[Place, str]]:
    """Each severity that a configuration of Alertmanager matches, and its place."""
    for one in context.bundle.of_kind("AlertmanagerConfig", "monitoring.coreos.com"):
        for path, value in _matchers(as_dict(one.get("spec"))):
            yield Place(one, ("spec", *path)), value
    for values in chart_values(context.bundle):
        for base in (("alertmanager", "config"), ("config",)) if values.chart in _CHARTS else ():
            for path, value in _matchers(as_dict(at(values.values, *base))):
                yield values.place((*base, *path)), value


def _written(context: Context, value: str) -> bool:
    """Whether the input has the severity as a label, such as in values of a chart."""
    whole = context.bundle.part_of or context.bundle
    documents = (one.document for one in (*whole.objects, *whole.settings))
    sources = {id(one.source): one.source.text for one in documents if one is not None}
    label = regex(rf"""severity["']?\s*:\s*["']?{re.escape(value)}\b""")
    return any(label.search(written) for written in sources.values())


def _severities(context: Context) -> frozenset[str]:
    """Those of all alerts; empty where there are none, or one is a template."""
    found = {
        text({**as_dict(group.get("labels")), **as_dict(rule.get("labels"))}.get(_LABEL))
        for one in context.bundle.of_kind("PrometheusRule", "monitoring.coreos.com")
        for _, group in maps(one.get("spec", "groups"))
        for _, rule in maps(group.get("rules"))
        if rule.get("alert")
    } - {""}
    return frozenset(found) if all(map(plain, found)) else frozenset()


def _matchers(config: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Each matcher for one severity, and the path of it."""
    left: list[tuple[Path, dict[str, Any]]] = [(("route",), as_dict(config.get("route")))]
    while left:
        path, route = left.pop()
        for field in ("matchers", "match"):
            yield from _of(route.get(field), (*path, field))
        if len(path) < _DEEP:
            left += [((*path, "routes", i), one) for i, one in maps(route.get("routes"))]
    for field in ("inhibitRules", "inhibit_rules"):
        for i, rule in maps(config.get(field)):
            for side in ("sourceMatch", "source_matchers", "source_match"):
                yield from _of(rule.get(side), (field, i, side))


def _of(given: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Matchers as a map, as texts, or as the objects of an AlertmanagerConfig."""
    if isinstance(given, dict) and plain(text(given.get(_LABEL))):
        yield (*path, _LABEL), text(given.get(_LABEL))
    for i, one in enumerate(as_list(given)):
        if isinstance(one, dict):
            exact = one.get("matchType", "=") == "=" and not one.get("regex")
            if one.get("name") == _LABEL and exact and text(one.get("value")):
                yield (*path, i), text(one.get("value"))
            continue
        found = _MATCHER.match(text(one))
        if found:
            yield (*path, i), found[1]
