"""Fields of one object that do not work together, by a table."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.checks.composed import may_be_patched
from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.checks.serving.provided import provided
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, as_list, matches, texts
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.schema.formats import loose_duration

Row = Mapping[str, Any]
_COMPARED = {"not_below": operator.ge, "above": operator.gt, "under": operator.lt}


def check(context: Context) -> Violations:
    """One finding for each row and place."""
    for row in _rows():
        for kind in row.get("kinds", ()):
            group = row.get("group")
            made = (
                r for r in context.bundle.outside if group and (r.kind, r.group) == (kind, group)
            )
            for one in (*context.bundle.of_kind(kind, group), *made):
                if _pattern(row.get("file", "")).search(one.file):
                    found = list(_violations(context, row, one, (), one.data, one.data))
                    if found and not (_by_absence(row) and _may_gain(context, row, one)):
                        yield from found
    in_pods = [row for row in _rows() if "of" in row]
    for pod in pod_specs(context):
        containers = list(pod.containers())
        for row in in_pods:
            for path, part in [((), pod.spec)] if row["of"] == "pod" else containers:
                where: Path = (*pod.path, *path)
                yield from _violations(context, row, pod.resource, where, part, pod.spec)


def _violations(
    context: Context, row: Row, one: Resource, path: Path, data: Any, whole: Any
) -> Violations:
    there = matches(data, tuple(row["at"]))
    if not there or not all(holds(context, c, one, whole) for c in row.get("object", ())):
        return
    for at, here in there:
        if all(holds(context, c, one, here) for c in row.get("here", ())):
            yield violation(
                row["message"],
                Place(one, (*path, *at, *row.get("mark", ()))),
                severity=Severity[row.get("severity", "warning").upper()],
                impact=row["impact"],
                remedy=row["remedy"],
            )


def _by_absence(row: Row) -> bool:
    """Whether a row judges what is not there, which an overlay of Kustomize may add."""
    conditions = (*row.get("here", ()), *row.get("object", ()))
    present = {"equals", "like", "longer"}
    return not all(one.get("there") or not one["path"] or present & {*one} for one in conditions)


def _may_gain(context: Context, row: Row, one: Resource) -> bool:
    """Whether Kustomize may add what a row misses."""
    composed = provided(context).composed(one)
    return composed and ("metadata" in row["at"] or may_be_patched(context, one))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """An expression of the table. `re` itself keeps fewer than a run has."""
    return re.compile(text)


def holds(context: Context, condition: Row, one: Resource, data: Any) -> bool:
    """Whether a condition of the table holds for `data`, of the object `one`."""
    found = [value for _, value in matches(data, tuple(condition["path"]))]
    if "there" in condition:
        return bool(found) is condition["there"]
    if "equals" in condition:
        return condition["equals"] in found
    if "not" in condition:
        return not any(value in condition["not"] for value in found)
    for word, holds in _COMPARED.items():
        if word in condition:
            bounds = [value for _, value in matches(one.data, tuple(condition[word]))]
            pairs = [(a, b) for a in found for b in bounds]
            return any(isinstance(a, int) and isinstance(b, int) and holds(a, b) for a, b in pairs)
    if "longer" in condition:
        return any(_is_longer(value, _bound(condition["longer"], data)) for value in found)
    if "without" in condition:
        return bool(found) and condition["without"] not in as_list(found[0])
    if "unlike" in condition:
        return not any(_pattern(condition["unlike"]).search(str(value)) for value in found)
    if "like" in condition:
        words = [w for value in found for w in (value if isinstance(value, dict) else [value])]
        return any(isinstance(w, str) and _pattern(condition["like"]).search(w) for w in words)
    if "installs" in condition:
        given = (one.chart for one in chart_values(context.bundle))
        return any(chart in condition["installs"] for chart in given) is condition.get("is", True)
    if "no_group" in condition:
        return context.once(_groups).isdisjoint(condition["no_group"])
    if "unlabeled" in condition:
        kind, key, value = condition["unlabeled"]
        labels = (as_dict(r.metadata.get("labels")) for r in context.bundle.of_kind(kind))
        return all(own.get(key) != value for own in labels)
    if "namespace_label" in condition:
        spaces = context.bundle.named("Namespace", "", one.namespace)
        return any(
            condition["namespace_label"] in as_dict(x.metadata.get("labels")) for x in spaces
        )
    if "mentions" in condition:
        return any(condition["mentions"] in t for value in found for _, t in texts(value))
    return any(_names(context, condition["names"], one, str(value)) for value in found)


def _bound(given: object, data: Any) -> Any:
    """The duration of a condition: one of the part that is judged, or a fixed one."""
    return (
        next((v for _, v in matches(data, tuple(given))), None)
        if isinstance(given, list)
        else given
    )


def _is_longer(value: Any, bound: Any) -> bool:
    if not isinstance(value, str) or not isinstance(bound, str):
        return False
    one, other = loose_duration(value), loose_duration(bound)
    return one is not None and other is not None and one > other


def _groups(context: Context) -> frozenset[str]:
    return frozenset(one.group for one in context.bundle.objects)


def _names(context: Context, kind: str, one: Resource, value: str) -> bool:
    """Whether the text names an object of the kind, perhaps with its namespace, and no other."""
    kind, _, group = kind.partition(".")
    space, _, name = value.rpartition("/")
    spaces = (space,) if space else (one.namespace, "")  # a cluster-scoped kind has none
    there = [x for s in dict.fromkeys(spaces) for x in context.bundle.named(kind, s, name)]
    return bool(there) and all(not group or x.group == group for x in there)


@cache
def _rows() -> tuple[Row, ...]:
    return tuple(shipped(__file__, "field_combinations.yaml")["rows"])
