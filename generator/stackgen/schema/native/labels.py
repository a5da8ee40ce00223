"""Labels, annotations and the selectors built on them."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import syntax
from stackgen.schema.native.report import Report, show

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_ANNOTATIONS_BYTES = 256 * 1024


def check_labels(labels: dict[str, str], path: Path, report: Report) -> None:
    """A map of labels, also where it is used as a selector."""
    for key, value in labels.items():
        check_label_key(key, (*path, key), report, key=True)
        report.label((*path, key), value, syntax.label_value(value))


def check_label_key(value: str, path: Path, report: Report, key: bool = False) -> None:
    wrong = syntax.qualified_name(value)
    if wrong:
        report.label(path, value, wrong, key)


def check_annotations(annotations: dict[str, str], path: Path, report: Report) -> None:
    size = 0
    for key, value in annotations.items():
        wrong = syntax.qualified_name(key.lower())
        if wrong:
            report.add("schema-annotation", (*path, key), f"{show(key)} {wrong}", key=True)
        size += len(key.encode()) + len(value.encode("utf-8", "surrogatepass"))
    if size > _ANNOTATIONS_BYTES:
        message = f"annotations take {size} bytes; the limit is {_ANNOTATIONS_BYTES}"
        report.add("schema-annotation", path, message)


def check_selector(selector: dict[str, Any], path: Path, report: Report) -> None:
    """A label selector of `matchLabels` and `matchExpressions`."""
    labels = selector.get("matchLabels")
    if labels:
        check_labels(labels, (*path, "matchLabels"), report)
    for i, requirement in enumerate(selector.get("matchExpressions") or ()):
        _check_requirement(requirement, (*path, "matchExpressions", i), report)


def _check_requirement(requirement: dict[str, Any], path: Path, report: Report) -> None:
    operator, values = requirement.get("operator", ""), requirement.get("values") or ()
    if operator in ("In", "NotIn"):
        if not values:
            report.required((*path, "values"), f"{operator} compares with at least one value")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            report.wrong((*path, "values"), f"values must be left out when operator is {operator}")
    else:
        report.enum((*path, "operator"), operator, OPERATORS)
    check_label_key(requirement.get("key", ""), (*path, "key"), report)
    for i, value in enumerate(values):
        report.label((*path, "values", i), value, syntax.label_value(value))


def is_empty(selector: dict[str, Any]) -> bool:
    """True for a selector that selects everything."""
    return not selector.get("matchLabels") and not selector.get("matchExpressions")


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """True when `labels` satisfy the selector."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(_holds(r, labels) for r in selector.get("matchExpressions") or ())


def _holds(requirement: dict[str, Any], labels: dict[str, str]) -> bool:
    key, values = requirement.get("key", ""), requirement.get("values") or ()
    operator = requirement.get("operator")
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    if operator == "Exists":
        return key in labels
    return key not in labels
