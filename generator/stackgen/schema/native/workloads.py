"""Kinds that keep pods running: Deployment, StatefulSet, DaemonSet, ReplicaSet and their like."""

from __future__ import annotations

from typing import Any

from stackgen.digits import to_int
from stackgen.manifest.document import Path
from stackgen.schema.native import claims, labels, syntax
from stackgen.schema.native.podspec import check_pod_annotations, check_pod_spec, check_template
from stackgen.schema.native.report import Report, show

_TEMPLATE = ("spec", "template")


def not_negative(spec: dict[str, Any], fields: tuple[str, ...], path: Path, report: Report) -> None:
    """Numbers that may be absent but not below zero."""
    for field in fields:
        if (spec.get(field) or 0) < 0:
            report.range((*path, field), spec[field], "0 or more")


def check_selector_and_template(
    spec: dict[str, Any],
    report: Report,
    volumes: dict[str, dict[str, Any]] | None = None,
) -> None:
    """A required selector that picks the template's labels, and pods that always restart."""
    template = spec.get("template") or {}
    selector = spec.get("selector")
    if selector is None:
        report.required(("spec", "selector"))
    else:
        labels.check_selector(selector, ("spec", "selector"), report)
        if labels.is_empty(selector):
            report.wrong(("spec", "selector"), "an empty selector would select every pod")
        check_selects(selector, template, report)
    check_template(template, _TEMPLATE, report, volumes)
    _check_always(template, report)


def check_selects(selector: dict[str, Any], template: dict[str, Any], report: Report) -> None:
    """The workload's selector must pick its own pods."""
    given = (template.get("metadata") or {}).get("labels") or {}
    if not labels.matches(selector, given):
        wanted = ", ".join(f"{k}={v}" for k, v in (selector.get("matchLabels") or {}).items())
        message = f"the template's labels do not match the selector {wanted}".rstrip()
        report.wrong((*_TEMPLATE, "metadata", "labels"), message)


def _check_always(template: dict[str, Any], report: Report) -> None:
    spec = template.get("spec") or {}
    restart = spec.get("restartPolicy") or "Always"
    if restart in ("Never", "OnFailure"):
        report.enum((*_TEMPLATE, "spec", "restartPolicy"), restart, ("Always",))
    if spec.get("activeDeadlineSeconds") is not None:
        where = (*_TEMPLATE, "spec", "activeDeadlineSeconds")
        report.wrong(where, "pods that are always replaced have no deadline")


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


def check_deployment(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    check_selector_and_template(spec, report)
    fields = ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    not_negative(spec, fields, path, report)
    deadline, ready = spec.get("progressDeadlineSeconds", 600), spec.get("minReadySeconds", 0)
    if deadline <= ready:
        message = f"must be more than minReadySeconds, {ready}"
        report.range((*path, "progressDeadlineSeconds"), deadline, message.removeprefix("must be "))
    strategy, where = spec.get("strategy") or {}, (*path, "strategy")
    kind = strategy.get("type") or "RollingUpdate"
    rolling = strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            report.wrong((*where, "rollingUpdate"), "only for strategy type RollingUpdate")
    elif kind == "RollingUpdate":
        _check_rolling(rolling or {}, (*where, "rollingUpdate"), report)
    else:
        report.enum((*where, "type"), kind, ("Recreate", "RollingUpdate"))


def _check_rolling(rolling: dict[str, Any], path: Path, report: Report) -> None:
    gone, more = rolling.get("maxUnavailable", "25%"), rolling.get("maxSurge", "25%")
    check_amount(gone, (*path, "maxUnavailable"), report)
    check_amount(more, (*path, "maxSurge"), report, limited=False)
    if _is_zero(gone) and _is_zero(more):
        message = "maxUnavailable and maxSurge cannot both be 0: no pod could be replaced"
        report.wrong((*path, "maxUnavailable"), message)


def check_replica_set(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    check_selector_and_template(spec, report)
    not_negative(spec, ("replicas", "minReadySeconds"), ("spec",), report)


def check_replication_controller(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    not_negative(spec, ("replicas", "minReadySeconds"), ("spec",), report)
    template = spec.get("template")
    if template is None:
        report.required(_TEMPLATE)
        return
    given = (template.get("metadata") or {}).get("labels") or {}
    selector = spec.get("selector") or given
    if not selector:
        report.required(("spec", "selector"))
    elif not labels.matches({"matchLabels": selector}, given):
        message = "the template's labels do not match the selector"
        report.wrong((*_TEMPLATE, "metadata", "labels"), message)
    check_template(template, _TEMPLATE, report)
    _check_always(template, report)


def check_daemon_set(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    check_selector_and_template(spec, report)
    not_negative(spec, ("minReadySeconds", "revisionHistoryLimit"), path, report)
    strategy, where = spec.get("updateStrategy") or {}, (*path, "updateStrategy")
    kind = strategy.get("type") or "RollingUpdate"
    if kind not in ("OnDelete", "RollingUpdate"):
        report.enum((*where, "type"), kind, ("OnDelete", "RollingUpdate"))
    elif kind == "RollingUpdate":
        rolling, where = strategy.get("rollingUpdate") or {}, (*where, "rollingUpdate")
        gone, more = rolling.get("maxUnavailable", 1), rolling.get("maxSurge", 0)
        check_amount(gone, (*where, "maxUnavailable"), report)
        check_amount(more, (*where, "maxSurge"), report)
        if _is_zero(gone) and _is_zero(more):
            message = "maxUnavailable and maxSurge cannot both be 0: no pod could be replaced"
            report.wrong((*where, "maxUnavailable"), message)
        elif not _is_zero(gone) and not _is_zero(more):
            message = f"maxUnavailable is {show(gone)} (1 unless set): only one of them can be used"
            report.wrong((*where, "maxSurge"), message)


def check_stateful_set(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    made: dict[str, dict[str, Any]] = {}
    for i, template in enumerate(spec.get("volumeClaimTemplates") or ()):
        where = (*path, "volumeClaimTemplates", i)
        meta = template.get("metadata") or {}
        claims.check_template_meta(meta, (*where, "metadata"), report)
        claims.check_spec(template.get("spec") or {}, (*where, "spec"), report)
        made[meta.get("name", "")] = {"persistentVolumeClaim": {}}
    check_selector_and_template(spec, report, made)
    not_negative(spec, ("replicas", "minReadySeconds", "revisionHistoryLimit"), path, report)
    not_negative(spec.get("ordinals") or {}, ("start",), (*path, "ordinals"), report)
    policy = spec.get("podManagementPolicy") or "OrderedReady"
    report.enum((*path, "podManagementPolicy"), policy, ("OrderedReady", "Parallel"))
    retention = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    for field in ("whenDeleted", "whenScaled"):
        if (retention.get(field) or "Retain") not in ("Delete", "Retain"):
            where = (*path, "persistentVolumeClaimRetentionPolicy", field)
            report.enum(where, retention[field], ("Delete", "Retain"))
    name = spec.get("serviceName", "")
    if name and syntax.dns_label(name):
        report.name((*path, "serviceName"), name, syntax.dns_label(name))
    _check_set_update(spec.get("updateStrategy") or {}, (*path, "updateStrategy"), report)


def _check_set_update(strategy: dict[str, Any], path: Path, report: Report) -> None:
    kind = strategy.get("type") or "RollingUpdate"
    rolling = strategy.get("rollingUpdate")
    if kind not in ("OnDelete", "RollingUpdate"):
        report.enum((*path, "type"), kind, ("OnDelete", "RollingUpdate"))
    elif rolling is None:
        return
    elif kind == "OnDelete":
        report.wrong((*path, "rollingUpdate"), "only for type RollingUpdate")
    else:
        where = (*path, "rollingUpdate")
        not_negative(rolling, ("partition",), where, report)
        # maxUnavailable is not looked at: servers drop it unless a feature gate is set.


def check_pod(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    annotations = (data.get("metadata") or {}).get("annotations")
    if annotations:
        check_pod_annotations(annotations, ("metadata", "annotations"), report)
    check_pod_spec(spec, ("spec",), report, bare=True)
    if spec.get("overhead") is not None and not spec.get("runtimeClassName"):
        message = "comes from a RuntimeClass: name one in runtimeClassName, or leave it out"
        report.wrong(("spec", "overhead"), message)
    if spec.get("priority") and not spec.get("priorityClassName"):
        report.wrong(("spec", "priority"), "comes from a PriorityClass: name one instead")
    if spec.get("ephemeralContainers"):
        message = "ephemeral containers are added to running pods, not given at creation"
        report.wrong(("spec", "ephemeralContainers"), message)


def check_pod_template(data: dict[str, Any], report: Report) -> None:
    check_template(data.get("template") or {}, ("template",), report)


def check_controller_revision(data: dict[str, Any], report: Report) -> None:
    if data.get("revision", 0) < 0:
        report.range(("revision",), data["revision"], "0 or more")
    if data.get("data") is None:
        report.required(("data",))
