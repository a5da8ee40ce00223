"""HorizontalPodAutoscaler, v1 and v2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stackgen.facts.quantity import parse
from stackgen.manifest.document import Path
from stackgen.schema.native import syntax
from stackgen.schema.native.report import Report, one_of, show
from stackgen.schema.native.resources import check_container_name

_SOURCES = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
_TARGETS = ("AverageValue", "Utilization", "Value")
_MAX_WINDOW = 3600
_MAX_PERIOD = 1800


def check_autoscaler(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    if least < 1:
        report.range((*path, "minReplicas"), least, "1 or more")
    if most < 1:
        report.range((*path, "maxReplicas"), most, "1 or more")
    if most < least:
        report.range((*path, "maxReplicas"), most, f"at least minReplicas, {least}")
    target = spec.get("scaleTargetRef") or {}
    _check_reference(target, (*path, "scaleTargetRef"), report)
    version = target.get("apiVersion", "")
    if "/" not in version and target.get("kind") != "ReplicationController":
        wrong = "must name the API group, as in apps/v1"
        report.syntax((*path, "scaleTargetRef", "apiVersion"), version, wrong)
    utilization = spec.get("targetCPUUtilizationPercentage")
    if utilization is not None and utilization < 1:
        report.range((*path, "targetCPUUtilizationPercentage"), utilization, "1 or more")
    for i, metric in enumerate(spec.get("metrics") or ()):
        _check_metric(metric, (*path, "metrics", i), report)
    behavior = spec.get("behavior") or {}
    for direction in ("scaleUp", "scaleDown"):
        if direction in behavior:
            _check_rules(behavior[direction], (*path, "behavior", direction), report)


def _check_segment(value: str, path: Path, report: Report) -> None:
    if not value:
        report.required(path)
    elif value in (".", "..") or "/" in value or "%" in value:
        report.name(path, value, "must not be '.' or '..' nor contain '/' or '%'")


def _check_reference(ref: dict[str, Any], path: Path, report: Report) -> None:
    _check_segment(ref.get("kind", ""), (*path, "kind"), report)
    _check_segment(ref.get("name", ""), (*path, "name"), report)
    if ref.get("apiVersion", "").count("/") > 1:
        report.syntax(
            (*path, "apiVersion"), ref["apiVersion"], "must be a version or group/version"
        )


def _check_metric(metric: dict[str, Any], path: Path, report: Report) -> None:
    kind = metric.get("type", "")
    if not kind:
        report.required((*path, "type"), f"one of {one_of(_SOURCES)}")
        return
    if kind not in _SOURCES:
        report.enum((*path, "type"), kind, _SOURCES)
        return
    wanted = _SOURCES[kind]
    if wanted not in metric:
        report.required((*path, wanted), f"type {kind} is described there")
    for field in _SOURCES.values():
        if field in metric and field != wanted:
            report.wrong((*path, field), f"only {wanted} belongs to type {kind}")
    for field in _SOURCES.values():
        if field in metric:
            _CHECKS[field](metric[field], (*path, field), report)


def _check_target(source: dict[str, Any], path: Path, report: Report) -> dict[str, Any]:
    """The target of a metric, checked by itself."""
    target: dict[str, Any] = source.get("target") or {}
    where = (*path, "target")
    kind = target.get("type", "")
    if not kind:
        report.required((*where, "type"), f"one of {one_of(_TARGETS)}")
    elif kind not in _TARGETS:
        report.enum((*where, "type"), kind, _TARGETS)
    for field in ("value", "averageValue"):
        if field in target and parse(target[field]) <= 0:
            report.quantity((*where, field), f"{show(target[field])} is not more than zero")
    if target.get("averageUtilization", 1) < 1:
        report.range((*where, "averageUtilization"), target["averageUtilization"], "1 or more")
    return target


def _check_identifier(source: dict[str, Any], path: Path, report: Report) -> None:
    metric = source.get("metric") or {}
    _check_segment(metric.get("name", ""), (*path, "metric", "name"), report)


def _one_of_two(
    target: dict[str, Any], first: str, second: str, path: Path, report: Report
) -> None:
    if first not in target and second not in target:
        report.required((*path, "target", second), f"one of {first} and {second}")
    elif first in target and second in target:
        report.wrong((*path, "target", second), f"{first} and {second} exclude each other")


def _check_object(source: dict[str, Any], path: Path, report: Report) -> None:
    _check_reference(source.get("describedObject") or {}, (*path, "describedObject"), report)
    _check_identifier(source, path, report)
    target = _check_target(source, path, report)
    if "value" not in target and "averageValue" not in target:
        report.required((*path, "target", "averageValue"), "one of value and averageValue")


def _check_external(source: dict[str, Any], path: Path, report: Report) -> None:
    _check_identifier(source, path, report)
    _one_of_two(_check_target(source, path, report), "value", "averageValue", path, report)


def _check_pods(source: dict[str, Any], path: Path, report: Report) -> None:
    _check_identifier(source, path, report)
    if "averageValue" not in _check_target(source, path, report):
        report.required((*path, "target", "averageValue"))


def _check_resource(source: dict[str, Any], path: Path, report: Report) -> None:
    if not source.get("name"):
        report.required((*path, "name"))
    target = _check_target(source, path, report)
    _one_of_two(target, "averageUtilization", "averageValue", path, report)


def _check_container_resource(source: dict[str, Any], path: Path, report: Report) -> None:
    if not source.get("container"):
        report.required((*path, "container"))
    elif syntax.dns_label(source["container"]):
        where = (*path, "container")
        report.name(where, source["container"], syntax.dns_label(source["container"]))
    if source.get("name"):
        check_container_name(source["name"], (*path, "name"), report)
    _check_resource(source, path, report)


_CHECKS: dict[str, Callable[[dict[str, Any], Path, Report], None]] = {
    "containerResource": _check_container_resource,
    "external": _check_external,
    "object": _check_object,
    "pods": _check_pods,
    "resource": _check_resource,
}


def _check_rules(rules: dict[str, Any], path: Path, report: Report) -> None:
    window = rules.get("stabilizationWindowSeconds")
    if window is not None and not 0 <= window <= _MAX_WINDOW:
        allowed = f"between 0 and {_MAX_WINDOW}"
        report.range((*path, "stabilizationWindowSeconds"), window, allowed)
    select, choices = rules.get("selectPolicy"), ("Disabled", "Max", "Min")
    if select is not None and select not in choices:
        report.enum((*path, "selectPolicy"), select, choices)
    tolerance = rules.get("tolerance")
    if tolerance is not None and parse(tolerance) < 0:
        report.quantity((*path, "tolerance"), f"{show(tolerance)} is negative")
    policies = rules.get("policies")
    if policies is not None and not policies:
        report.required((*path, "policies"), "at least one policy (or leave it out)")
    for i, policy in enumerate(policies or ()):
        where = (*path, "policies", i)
        if policy.get("type", "") not in ("Percent", "Pods"):
            report.enum((*where, "type"), policy.get("type", ""), ("Percent", "Pods"))
        if policy.get("value", 0) <= 0:
            report.range((*where, "value"), policy.get("value", 0), "more than 0")
        period = policy.get("periodSeconds", 0)
        if not 0 < period <= _MAX_PERIOD:
            report.range((*where, "periodSeconds"), period, f"between 1 and {_MAX_PERIOD}")
