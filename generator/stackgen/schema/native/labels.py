"""Labels, annotations and the selectors built on them."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema import syntax
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import Report, show

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_ANNOTATIONS_BYTES = 256 * 1024


def check_labels(labels: Fields) -> None:
    """A map of labels, also where it is used as a selector."""
    for key, value in labels.data.items():
        check_label_key(key, labels.at(key), labels.report, key=True)
        labels.report.label(labels.at(key), value, syntax.label_value(value))


def check_label_key(value: str, path: Path, report: Report, key: bool = False) -> None:
    report.label(path, value, syntax.qualified_name(value), key)


def check_annotations(annotations: Fields) -> None:
    size, report = 0, annotations.report
    for key, value in annotations.data.items():
        wrong = syntax.qualified_name(key.lower())
        if wrong:
            report.add("schema-annotation", annotations.at(key), f"{show(key)} {wrong}", key=True)
        size += len(key.encode("utf-8", "surrogatepass"))
        size += len(value.encode("utf-8", "surrogatepass"))
    if size > _ANNOTATIONS_BYTES:
        message = f"annotations take {size} bytes; the limit is {_ANNOTATIONS_BYTES}"
        report.add("schema-annotation", annotations.path, message)


def check_template_meta(meta: Fields) -> None:
    """Labels and annotations of a template."""
    check_labels(meta.inner("labels"))
    check_annotations(meta.inner("annotations"))


def check_selector(selector: Fields) -> None:
    """A label selector of `matchLabels` and `matchExpressions`."""
    check_labels(selector.inner("matchLabels"))
    for requirement in selector.items("matchExpressions"):
        check_operator(requirement, OPERATORS)
        key = requirement.get("key", "")
        check_label_key(key, requirement.at("key"), requirement.report)
        for value, where in requirement.values("values"):
            requirement.report.label(where, value, syntax.label_value(value))


def check_operator(requirement: Fields, operators: tuple[str, ...]) -> None:
    """The operator of a requirement, and how many values it compares with."""
    operator, values = requirement.get("operator", ""), requirement.get("values") or ()
    if operator not in operators:
        requirement.report.enum(requirement.at("operator"), operator, operators)
    elif operator in ("In", "NotIn"):
        requirement.needs("values", f"{operator} compares with at least one value")
    elif operator in ("Exists", "DoesNotExist"):
        requirement.unwanted(f"values must be left out when operator is {operator}", "values")
    elif len(values) != 1:
        where = requirement.at("values")
        requirement.report.required(where, f"{operator} compares with exactly one value")


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
