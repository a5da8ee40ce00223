"""A template of an alert that reads a variable or a label which is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.aggregations import aggregation, plain_query
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_KINDS = (
    ("PrometheusRule", "monitoring.coreos.com"),
    *((kind, "monitoring.googleapis.com") for kind in ("Rules", "ClusterRules", "GlobalRules")),
)
# Labels that Managed Service for Prometheus gives to the results of rules.
_PLACE = ("project_id", "location", "cluster")
_ADDED = {"Rules": (*_PLACE, "namespace"), "ClusterRules": _PLACE}
_VARIABLES = ("labels", "value", "externalLabels", "externalURL")
_ACTION = regex(r"\{\{(.{0,2000}?)\}\}")
_STRING = regex(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`')
_READ = regex(r"\$([A-Za-z_]\w*)")
_SET = regex(r"\$([A-Za-z_]\w*)\s*(?:,\s*\$([A-Za-z_]\w*)\s*)?:?=")
_LABEL = regex(r"\$labels\.([A-Za-z_]\w*)")
# What may follow the aggregation: a comparison with a number.
_SERIES = regex(r"\s*([a-zA-Z_:][\w:]*)(?![\w:(])(.*)\Z", re.DOTALL)
_COMPARED = regex(r"\s*(?:(?:[<>]=?|[=!]=)\s*(?:bool\s+)?-?[\d.e+-]+\s*)?\Z")
# absent() of series has the labels that the selector sets by `=`. Of an aggregation it has none.
_ABSENT = regex(
    r"\s*absent(?:_over_time)?\s*\(\s*(?:[a-zA-Z_:][\w:]*\s*(?:\{([^{}]*)\}\s*)?(?:\[[^\[\]]*\]\s*)?"
    r"|(?:sum|max|min|avg|count)\b[^\n]{0,500})\)\s*(?:==\s*1\s*)?\Z"
)
_EQUAL = regex(r"(?:\A|,)\s*(\w+)\s*=\s*[\"']")


def check(context: Context) -> Violations:
    """One finding for each name and template of a rule."""
    for kind, group in _KINDS:
        for one in context.bundle.of_kind(kind, group):
            for i, block in maps(one.get("spec", "groups")):
                for j, rule in maps(block.get("rules")):
                    for path, said, severity in _wrong(rule, context.once(_records), kind):
                        where = ("spec", "groups", i, "rules", j, *path)
                        yield violation(said, Place(one, where), severity=severity)


def _records(context: Context) -> dict[str, tuple[str, ...]]:
    """The labels of series that one rule of the input records, as far as they are known."""
    found: dict[str, tuple[str, ...] | None] = {}
    for kind, group in _KINDS:
        for one in context.bundle.of_kind(kind, group):
            for _, block in maps(one.get("spec", "groups")):
                for _, rule in maps(block.get("rules")):
                    name, labels = text(rule.get("record")), labels_left(text(rule.get("expr")))
                    own = tuple(map(str, as_dict(rule.get("labels"))))
                    own += tuple(map(str, as_dict(block.get("labels"))))
                    again = name in found or labels is None
                    found[name] = None if again else (*(labels or ()), *own)
    return {name: labels for name, labels in found.items() if labels is not None}


def _wrong(
    rule: dict[str, Any], records: dict[str, tuple[str, ...]], kind: str
) -> Iterator[tuple[Path, str, Severity | None]]:
    query = text(rule.get("expr"))
    labels = labels_left(query)
    series = _SERIES.match(plain_query(query)) if labels is None else None
    labels = records.get(series[1], labels) if series and _COMPARED.match(series[2]) else labels
    for section in ("annotations", "labels"):
        for key, value in as_dict(rule.get(section)).items():
            actions = [_STRING.sub('""', found) for found in _ACTION.findall(text(value))]
            own = {name for one in actions for pair in _SET.findall(one) for name in pair}
            for name in dict.fromkeys(n for one in actions for n in _READ.findall(one)):
                if name not in (*_VARIABLES, *own):
                    hint = did_you_mean(name, _VARIABLES)
                    yield (
                        (section, key),
                        f"the template has no variable ${visible(name)}{hint}",
                        None,
                    )
            for name in dict.fromkeys(n for one in actions for n in _LABEL.findall(one)):
                if labels is not None and name not in (*labels, *_ADDED.get(kind, ())):
                    left = f"the labels {', '.join(labels)}" if labels else "no labels"
                    said = f"the expression has {left}, and the template reads {visible(name)}"
                    yield (section, key), said, Severity.WARNING


def labels_left(query: str) -> tuple[str, ...] | None:
    """The labels that an aggregation or absent() of the whole has; None if they are not known."""
    absent = _ABSENT.match(query)
    if absent:
        return tuple(dict.fromkeys(_EQUAL.findall(absent[1] or "")))
    found = aggregation(plain_query(query))
    return found.labels if found is not None and _COMPARED.match(found.rest) else None
