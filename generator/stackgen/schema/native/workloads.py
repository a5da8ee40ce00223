"""Kinds that keep Pods running: Deployment, StatefulSet, DaemonSet, ReplicaSet and their like."""

from __future__ import annotations

from typing import Any

from stackgen.digits import to_int
from stackgen.manifest.document import Path
from stackgen.schema import syntax
from stackgen.schema.native import claims, labels
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.podspec import check_pod_annotations, check_pod_spec, check_template
from stackgen.schema.native.report import Report, show

_NONE_LEFT = "maxUnavailable and maxSurge cannot both be 0: no Pod could be replaced"


def check_selector_and_template(
    spec: Fields, volumes: dict[str, dict[str, Any]] | None = None
) -> None:
    """A required selector that picks the template's labels, and Pods that always restart."""
    template, selector = spec.inner("template"), spec.inner("selector")
    if spec.is_set("selector"):
        labels.check_selector(selector)
        if labels.is_empty(selector.data):
            spec.wrong("selector", "an empty selector would select every Pod")
        given = template.inner("metadata", "labels")
        if not labels.matches(selector.data, given.data):
            wanted = ", ".join(f"{k}={v}" for k, v in (selector.get("matchLabels") or {}).items())
            message = f"the template's labels do not match the selector {wanted}".rstrip()
            spec.report.wrong(given.path, message)
    check_template(template, volumes)
    _check_always(template.inner("spec"))


def _check_always(pod: Fields) -> None:
    if pod.get("restartPolicy") in ("Never", "OnFailure"):
        pod.enum("restartPolicy", ("Always",))
    pod.forbidden("pods that are always replaced have no deadline", "activeDeadlineSeconds")


def check_amount(value: int | str, path: Path, report: Report, limited: bool = True) -> None:
    """A number or a percentage; `limited`: at most 100%."""
    if isinstance(value, str):
        if syntax.percent(value):
            report.syntax(path, value, syntax.percent(value))
        elif limited and to_int(value[:-1]) > 100:
            report.range(path, value, "at most 100%")
    elif value < 0:
        report.range(path, value, "0 or more")


def _is_zero(value: int | str) -> bool:
    if isinstance(value, str):
        return not syntax.percent(value) and to_int(value[:-1]) == 0
    return value == 0


def _check_rolling(rolling: Fields, gone: int | str, more: int | str, limited: bool) -> None:
    """Both amounts of a rolling update; `limited`: maxSurge is at most 100%."""
    check_amount(gone, rolling.at("maxUnavailable"), rolling.report)
    check_amount(more, rolling.at("maxSurge"), rolling.report, limited)
    if _is_zero(gone) and _is_zero(more):
        rolling.wrong("maxUnavailable", _NONE_LEFT)


def check_deployment(data: Fields) -> None:
    spec = data.inner("spec")
    check_selector_and_template(spec)
    spec.not_negative(
        "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"
    )
    deadline, ready = spec.get("progressDeadlineSeconds", 600), spec.get("minReadySeconds", 0)
    if deadline <= ready:
        where = spec.at("progressDeadlineSeconds")
        spec.report.range(where, deadline, f"more than minReadySeconds, {ready}")
    strategy = spec.inner("strategy")
    rolling = strategy.inner("rollingUpdate")
    if strategy.get("type") == "Recreate":
        strategy.forbidden("only for strategy type RollingUpdate", "rollingUpdate")
    elif strategy.enum("type", ("Recreate", "RollingUpdate"), empty=True):
        gone, more = rolling.get("maxUnavailable", "25%"), rolling.get("maxSurge", "25%")
        _check_rolling(rolling, gone, more, limited=False)


def check_replica_set(data: Fields) -> None:
    spec = data.inner("spec")
    check_selector_and_template(spec)
    spec.not_negative("replicas", "minReadySeconds")


def check_replication_controller(data: Fields) -> None:
    spec = data.inner("spec")
    spec.not_negative("replicas", "minReadySeconds")
    if not spec.is_set("template"):
        return
    template = spec.inner("template")
    given = template.inner("metadata", "labels")
    selector = spec.get("selector") or given.data
    if not selector:
        spec.needs("selector")
    elif not labels.matches({"matchLabels": selector}, given.data):
        spec.report.wrong(given.path, "the template's labels do not match the selector")
    check_template(template)
    _check_always(template.inner("spec"))


def check_daemon_set(data: Fields) -> None:
    spec = data.inner("spec")
    check_selector_and_template(spec)
    spec.not_negative("minReadySeconds", "revisionHistoryLimit")
    strategy = spec.inner("updateStrategy")
    fine = strategy.enum("type", ("OnDelete", "RollingUpdate"), empty=True)
    if fine and strategy.get("type") != "OnDelete":
        rolling = strategy.inner("rollingUpdate")
        gone, more = rolling.get("maxUnavailable", 1), rolling.get("maxSurge", 0)
        _check_rolling(rolling, gone, more, limited=True)
        if not _is_zero(gone) and not _is_zero(more):
            message = f"maxUnavailable is {show(gone)} (1 unless set): only one of them can be used"
            rolling.wrong("maxSurge", message)


def check_stateful_set(data: Fields) -> None:
    spec = data.inner("spec")
    made: dict[str, dict[str, Any]] = {}
    for template in spec.items("volumeClaimTemplates"):
        labels.check_template_meta(template.inner("metadata"))
        claims.check_spec(template.inner("spec"))
        made[template.inner("metadata").get("name", "")] = {"persistentVolumeClaim": {}}
    check_selector_and_template(spec, made)
    spec.not_negative("replicas", "minReadySeconds", "revisionHistoryLimit")
    spec.inner("ordinals").not_negative("start")
    spec.enum("podManagementPolicy", ("OrderedReady", "Parallel"), empty=True)
    retention = spec.inner("persistentVolumeClaimRetentionPolicy")
    for field in ("whenDeleted", "whenScaled"):
        retention.enum(field, ("Delete", "Retain"), empty=True)
    spec.name("serviceName", syntax.dns_label, empty=True)
    strategy = spec.inner("updateStrategy")
    if strategy.enum("type", ("OnDelete", "RollingUpdate"), empty=True):
        if strategy.get("type") == "OnDelete":
            strategy.forbidden("only for type RollingUpdate", "rollingUpdate")
        else:
            # maxUnavailable is not looked at: servers drop it unless a feature gate is set.
            strategy.inner("rollingUpdate").not_negative("partition")


def check_pod(data: Fields) -> None:
    spec = data.inner("spec")
    check_pod_annotations(data.inner("metadata", "annotations"))
    check_pod_spec(spec, bare=True)
    if not spec.get("runtimeClassName"):
        message = "comes from a RuntimeClass: name one in runtimeClassName, or leave it out"
        spec.forbidden(message, "overhead")
    if not spec.get("priorityClassName"):
        spec.unwanted("comes from a PriorityClass: name one instead", "priority")
    message = "ephemeral containers are added to running Pods, not given at creation"
    spec.unwanted(message, "ephemeralContainers")


def check_pod_template(data: Fields) -> None:
    check_template(data.inner("template"))


def check_controller_revision(data: Fields) -> None:
    data.not_negative("revision")
    data.is_set("data")
