"""HorizontalPodAutoscaler, PodDisruptionBudget and PriorityClass."""

from __future__ import annotations

from stackgen.facts.quantity import parse
from stackgen.schema import syntax
from stackgen.schema.native import labels
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import one_of, show
from stackgen.schema.native.resources import check_container_name
from stackgen.schema.native.workloads import check_amount

_SOURCES = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
_IDLE = ("External", "Object")
_TARGETS = ("AverageValue", "Utilization", "Value")


def check_autoscaler(data: Fields) -> None:
    spec = data.inner("spec")
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    _check_least(spec, least)
    spec.least("maxReplicas", 1, default=0)
    if most < least:
        spec.report.range(spec.at("maxReplicas"), most, f"at least minReplicas, {least}")
    target = spec.inner("scaleTargetRef")
    _check_reference(target)
    version = target.get("apiVersion", "")
    if "/" not in version and target.get("kind") != "ReplicationController":
        wrong = "must name the API group, as in apps/v1"
        target.report.syntax(target.at("apiVersion"), version, wrong)
    spec.least("targetCPUUtilizationPercentage", 1)
    for metric in spec.items("metrics"):
        _check_metric(metric)
    for direction in ("scaleUp", "scaleDown"):
        _check_rules(spec.inner("behavior", direction))


def _check_least(spec: Fields, least: int) -> None:
    """Kubernetes 1.37 allows 0 with metrics that have a value without Pods."""
    gated = least == 0 and any(m.get("type") in _IDLE for m in spec.items("metrics"))
    if gated:
        message = "0 needs Kubernetes 1.37, or the feature gate HPAScaleToZero before it"
        spec.report.add("schema-range", spec.at("minReplicas"), message, certain=False)
    else:
        spec.least("minReplicas", 1)


def _check_reference(ref: Fields) -> None:
    ref.needs_name("kind", syntax.path_segment)
    ref.needs_name("name", syntax.path_segment)
    if ref.get("apiVersion", "").count("/") > 1:
        wrong = "must be a version or group/version"
        ref.report.syntax(ref.at("apiVersion"), ref.get("apiVersion"), wrong)


def _check_metric(metric: Fields) -> None:
    kind = metric.get("type")
    if not metric.needs_enum("type", _SOURCES, f"one of {one_of(_SOURCES)}"):
        return
    wanted = _SOURCES[kind]
    metric.is_set(wanted, f"type {kind} is described there")
    others = [field for field in _SOURCES.values() if field != wanted]
    metric.forbidden(f"only {wanted} belongs to type {kind}", *others)
    for field in metric.given(*_SOURCES.values()):
        _check_source(field, metric.inner(field))


def _check_source(field: str, source: Fields) -> None:
    if field == "object":
        _check_reference(source.inner("describedObject"))
    if field == "containerResource":
        source.needs_name("container", syntax.dns_label)
        if source.get("name"):
            check_container_name(source.get("name"), source.at("name"), source.report)
    if field in ("containerResource", "resource"):
        source.needs("name")
    else:
        source.inner("metric").needs_name("name", syntax.path_segment)
    target = source.inner("target")
    target.needs_enum("type", _TARGETS, f"one of {one_of(_TARGETS)}")
    for amount in ("value", "averageValue"):
        if amount in target and parse(target.get(amount)) <= 0:
            message = f"{show(target.get(amount))} is not more than zero"
            target.report.quantity(target.at(amount), message)
    target.least("averageUtilization", 1)
    other = {"pods": "", "object": "value", "external": "value"}.get(field, "averageUtilization")
    if other in target and "averageValue" in target:
        if field != "object":
            target.wrong("averageValue", f"{other} and averageValue exclude each other")
    elif other not in target:
        target.is_set("averageValue", f"one of {other} and averageValue" if other else "")


def _check_rules(rules: Fields) -> None:
    rules.between("stabilizationWindowSeconds", 0, 3600)
    rules.enum("selectPolicy", ("Disabled", "Max", "Min"))
    tolerance = rules.get("tolerance")
    if tolerance is not None and parse(tolerance) < 0:
        rules.report.quantity(rules.at("tolerance"), f"{show(tolerance)} is negative")
    if "policies" in rules:
        rules.needs("policies", "at least one policy (or leave it out)")
    for policy in rules.items("policies"):
        kind, period = policy.get("type", ""), policy.get("periodSeconds", 0)
        policy.report.enum(policy.at("type"), kind, ("Percent", "Pods"))
        policy.positive("value", 0)
        if not 0 < period <= 1800:
            policy.report.range(policy.at("periodSeconds"), period, "between 1 and 1800")


_HIGHEST = 1_000_000_000
_SYSTEM = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}


def check_budget(data: Fields) -> None:
    spec = data.inner("spec")
    given = spec.given("minAvailable", "maxUnavailable")
    if len(given) > 1:
        spec.report.wrong(spec.path, "minAvailable and maxUnavailable exclude each other")
    for field in given:
        check_amount(spec.get(field), spec.at(field), spec.report)
    labels.check_selector(spec.inner("selector"))
    spec.enum("unhealthyPodEvictionPolicy", ("AlwaysAllow", "IfHealthyBudget"))


def check_priority_class(data: Fields) -> None:
    name, value = data.inner("metadata").get("name", ""), data.get("value", 0)
    if name.startswith("system-"):
        if name not in _SYSTEM or value != _SYSTEM[name] or data.get("globalDefault"):
            message = f"{show(name)}: names that begin with system- belong to Kubernetes"
            data.report.add("schema-name", ("metadata", "name"), message)
    elif value > _HIGHEST:
        data.report.range(("value",), value, f"at most {_HIGHEST}")
    data.enum("preemptionPolicy", ("Never", "PreemptLowerPriority"))
