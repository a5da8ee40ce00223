"""Job and CronJob."""

from __future__ import annotations

from typing import Any

from stackgen.digits import to_int
from stackgen.manifest.document import Path
from stackgen.schema.native import labels, syntax
from stackgen.schema.native.cron import schedule_problem, time_zone_problem
from stackgen.schema.native.podspec import check_template
from stackgen.schema.native.report import Report, show
from stackgen.schema.native.workloads import not_negative

_MOST = 100_000
_NAME_LABELS = ("batch.kubernetes.io/job-name", "job-name")
_UID_LABELS = ("batch.kubernetes.io/controller-uid", "controller-uid")
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")


def check_job(data: dict[str, Any], report: Report) -> None:
    spec, meta = data.get("spec") or {}, data.get("metadata") or {}
    name = meta.get("name", "")
    check_job_spec(spec, ("spec",), report)
    if spec.get("manualSelector"):
        _check_manual(spec, report)
    elif not report.update:
        _check_generated(spec, name, report)
    if name and spec.get("completionMode") == "Indexed" and spec.get("completions", 0) > 0:
        last = f"{name}-{spec['completions'] - 1}"
        if syntax.dns_label(last):
            message = f"names the pod {show(last)}, which {syntax.dns_label(last)}"
            report.name(("metadata", "name"), name, message)


def _check_manual(spec: dict[str, Any], report: Report) -> None:
    selector = spec.get("selector")
    if selector is None:
        report.required(("spec", "selector"), "manualSelector asks for it")
        return
    labels.check_selector(selector, ("spec", "selector"), report)
    given = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if not labels.matches(selector, given):
        where = ("spec", "template", "metadata", "labels")
        report.wrong(where, "the template's labels do not match the selector")


def _check_generated(spec: dict[str, Any], name: str, report: Report) -> None:
    """The server makes selector and labels itself; what is written must not contradict it."""
    selector = spec.get("selector")
    if selector is not None and not labels.is_empty(selector):
        message = "the server makes a Job's selector: leave it out, or set manualSelector"
        report.wrong(("spec", "selector"), message)
    given = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    where = ("spec", "template", "metadata", "labels")
    for key in _NAME_LABELS:
        if name and given.get(key, name) != name:
            report.label((*where, key), given[key], f"must be the Job's name, {name}")
        elif name and key not in given and syntax.label_value(name):
            message = f"becomes a label of the pods and {syntax.label_value(name)}"
            report.name(("metadata", "name"), name, message)
            break
    for key in _UID_LABELS:
        if key in given:
            report.label((*where, key), given[key], "is set by the server: leave it out")


def check_job_spec(spec: dict[str, Any], path: Path, report: Report) -> None:
    """The spec of a Job, also inside a CronJob."""
    fields = (
        "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit",
        "ttlSecondsAfterFinished", "maxFailedIndexes", "backoffLimitPerIndex",
    )  # fmt: skip
    not_negative(spec, fields, path, report)
    _check_mode(spec, path, report)
    manager = spec.get("managedBy")
    if manager is not None:
        if syntax.domain_prefixed_path(manager):
            report.name((*path, "managedBy"), manager, syntax.domain_prefixed_path(manager))
        elif len(manager) > 63:
            report.length((*path, "managedBy"), "must be at most 63 characters")
    replace = spec.get("podReplacementPolicy")
    if replace is not None:
        judged = spec.get("podFailurePolicy") is not None
        allowed = ("Failed",) if judged else ("Failed", "TerminatingOrFailed")
        if replace not in allowed:
            report.enum((*path, "podReplacementPolicy"), replace, allowed)
    template = spec.get("template") or {}
    check_template(template, (*path, "template"), report)
    restart = (template.get("spec") or {}).get("restartPolicy") or "Always"
    where = (*path, "template", "spec", "restartPolicy")
    if restart == "Always":
        report.required(where, "a Job needs OnFailure or Never (Always is the default)")
    elif restart not in ("Never", "OnFailure"):
        report.enum(where, restart, ("Never", "OnFailure"))
    if spec.get("podFailurePolicy") is not None:
        _check_failure_policy(spec, restart, (*path, "podFailurePolicy"), report)
    if spec.get("successPolicy") is not None:
        _check_success_policy(spec, (*path, "successPolicy"), report)


def _check_mode(spec: dict[str, Any], path: Path, report: Report) -> None:
    mode = spec.get("completionMode") or "NonIndexed"
    completions, per_index = spec.get("completions"), spec.get("backoffLimitPerIndex")
    failed = spec.get("maxFailedIndexes")
    if mode not in ("Indexed", "NonIndexed"):
        report.enum((*path, "completionMode"), mode, ("Indexed", "NonIndexed"))
    elif mode == "NonIndexed":
        for field in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(field) is not None:
                report.wrong((*path, field), "only for completionMode Indexed")
        return
    if mode != "Indexed":
        return
    parallelism = spec.get("parallelism", 1)
    if completions is None:
        report.required((*path, "completions"), "completionMode Indexed counts them")
        return
    if parallelism > _MOST:
        report.range((*path, "parallelism"), parallelism, f"at most {_MOST}")
    if failed is not None:
        if failed > completions:
            report.range((*path, "maxFailedIndexes"), failed, f"at most completions, {completions}")
        if failed > _MOST:
            report.range((*path, "maxFailedIndexes"), failed, f"at most {_MOST}")
        if per_index is None:
            report.required((*path, "backoffLimitPerIndex"), "maxFailedIndexes counts with it")
    if per_index is not None and completions > _MOST:
        if failed is None:
            report.required((*path, "maxFailedIndexes"), f"more than {_MOST} completions")
        elif failed > 10_000:
            allowed = f"at most 10000 with more than {_MOST} completions"
            report.range((*path, "maxFailedIndexes"), failed, allowed)
        if parallelism > 10_000:
            allowed = f"at most 10000 with more than {_MOST} completions"
            report.range((*path, "parallelism"), parallelism, allowed)


def _check_failure_policy(spec: dict[str, Any], restart: str, path: Path, report: Report) -> None:
    if restart != "Never":
        report.wrong(path, "only for pods with restartPolicy Never")
    rules = spec["podFailurePolicy"].get("rules") or ()
    pod = (spec.get("template") or {}).get("spec") or {}
    names = {c.get("name") for g in ("containers", "initContainers") for c in pod.get(g) or ()}
    if len(rules) > 20:
        report.length((*path, "rules"), f"{len(rules)} rules: at most 20")
    for i, rule in enumerate(rules):
        where = (*path, "rules", i)
        action = rule.get("action", "")
        if not action:
            report.required((*where, "action"))
        elif action not in _ACTIONS:
            report.enum((*where, "action"), action, _ACTIONS)
        elif action == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
            report.wrong((*where, "action"), "FailIndex needs backoffLimitPerIndex")
        codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions") or ()
        if codes is None and not conditions:
            report.wrong(where, "one of onExitCodes and onPodConditions is needed")
        if codes is not None and conditions:
            report.wrong(where, "onExitCodes and onPodConditions exclude each other")
        if codes is not None:
            _check_exit_codes(codes, names, (*where, "onExitCodes"), report)
        if len(conditions) > 20:
            report.length((*where, "onPodConditions"), "at most 20")
        for j, condition in enumerate(conditions):
            _check_condition(condition, (*where, "onPodConditions", j), report)


def _check_exit_codes(codes: dict[str, Any], names: set[Any], path: Path, report: Report) -> None:
    operator, values = codes.get("operator", ""), codes.get("values") or ()
    if not operator:
        report.required((*path, "operator"))
    elif operator not in ("In", "NotIn"):
        report.enum((*path, "operator"), operator, ("In", "NotIn"))
    container = codes.get("containerName")
    if container is not None and container not in names:
        report.wrong((*path, "containerName"), f"{show(container)} is not a container of the pod")
    if not values:
        report.length((*path, "values"), "at least one value is needed")
    elif len(values) > 255:
        report.length((*path, "values"), f"{len(values)} values: at most 255")
    for i, value in enumerate(values):
        if operator == "In" and value == 0:
            report.range((*path, "values", i), value, "not 0 for operator In")
        if value in values[:i]:
            report.duplicate((*path, "values", i), value, "exit code")
        elif i and value < values[i - 1]:
            report.wrong((*path, "values"), "must be in ascending order")


def _check_condition(condition: dict[str, Any], path: Path, report: Report) -> None:
    kind, status = condition.get("type", ""), condition.get("status") or "True"
    if not kind:
        report.required((*path, "type"))
    else:
        labels.check_label_key(kind, (*path, "type"), report)
    report.enum((*path, "status"), status, ("False", "True", "Unknown"))


def _check_success_policy(spec: dict[str, Any], path: Path, report: Report) -> None:
    if spec.get("completionMode") != "Indexed":
        report.wrong(path, "only for completionMode Indexed")
        return
    rules = spec["successPolicy"].get("rules") or ()
    completions = spec.get("completions", 1)
    if not rules:
        report.required((*path, "rules"))
    elif len(rules) > 20:
        report.length((*path, "rules"), f"{len(rules)} rules: at most 20")
    for i, rule in enumerate(rules):
        where = (*path, "rules", i)
        count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
        if count is None and indexes is None:
            report.required(where, "one of succeededCount and succeededIndexes")
        total = completions
        if indexes is not None:
            found = _count_indexes(indexes, completions)
            if found is None:
                wrong = f"must be rising indexes such as 0-2,5 below completions, {completions}"
                report.syntax((*where, "succeededIndexes"), indexes, wrong)
                continue
            total = found
        if count is not None:
            if count < 0:
                report.range((*where, "succeededCount"), count, "0 or more")
            elif count > total:
                report.range((*where, "succeededCount"), count, f"at most {total}")


def _count_indexes(text: str, completions: int) -> int | None:
    """How many indexes `0-2,5` names; None when it is not well-formed."""
    total, last = 0, -1
    for part in text.split(",") if text else ():
        bounds = part.split("-")
        if len(bounds) > 2 or not all(b.isascii() and b.isdigit() for b in bounds):
            return None
        first, final = to_int(bounds[0]), to_int(bounds[-1])
        if first <= last or final < first or (len(bounds) == 2 and final == first):
            return None
        if final >= completions:
            return None
        total, last = total + final - first + 1, final
    return total


def check_cron_job(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    schedule, zone = spec.get("schedule", ""), spec.get("timeZone")
    if not schedule:
        report.required((*path, "schedule"))
    elif schedule_problem(schedule):
        report.syntax((*path, "schedule"), schedule, schedule_problem(schedule))
    if zone is not None and time_zone_problem(zone):
        report.syntax((*path, "timeZone"), zone, time_zone_problem(zone))
    policy = spec.get("concurrencyPolicy") or "Allow"
    report.enum((*path, "concurrencyPolicy"), policy, ("Allow", "Forbid", "Replace"))
    fields = ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    not_negative(spec, fields, path, report)
    template, where = spec.get("jobTemplate") or {}, (*path, "jobTemplate")
    job = template.get("spec") or {}
    check_job_spec(job, (*where, "spec"), report)
    if job.get("selector") is not None:
        report.wrong((*where, "spec", "selector"), "the server makes the selector of each Job")
    if job.get("manualSelector"):
        report.wrong(
            (*where, "spec", "manualSelector"), "Jobs of a CronJob have their own selector"
        )
