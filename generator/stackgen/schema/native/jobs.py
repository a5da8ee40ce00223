"""Job and CronJob."""

from __future__ import annotations

import re
from typing import Any

from stackgen.digits import to_int
from stackgen.regex import regex
from stackgen.schema import syntax
from stackgen.schema.formats import go_duration
from stackgen.schema.native import labels
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.podspec import check_template
from stackgen.schema.native.report import show

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, {name: i for i, name in enumerate(_MONTHS, 1)}),
    ("day of week", 0, 6, {name: i for i, name in enumerate(_DAYS)}),
)
_WORDS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_ZONE = regex(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*\Z", re.ASCII)


def schedule_problem(schedule: str) -> str:
    """What is wrong with a schedule, as the rest of a sentence; "" when nothing is."""
    if "TZ" in schedule:
        return "cannot name a time zone: use the field timeZone"
    if schedule.startswith("@"):
        if schedule in _WORDS:
            return ""
        if schedule.startswith("@every "):
            interval = go_duration(schedule.removeprefix("@every "))
            return (
                "" if interval is not None else "has an interval that is not a duration like 1h30m"
            )
        return f"is none of {', '.join(_WORDS)} and @every <duration>"
    fields = schedule.split()
    if len(fields) != 5:
        wanted = ", ".join(row[0] for row in _FIELDS)
        return f"needs five fields, not {len(fields)}: {wanted}"
    for text, (what, low, high, names) in zip(fields, _FIELDS, strict=True):
        parts = [part for part in text.split(",") if part]
        for part in parts:
            if not _is_range(part, low, high, names):
                return f"has the {what} {part!r}: values go from {low} to {high}"
    return ""


def _is_range(part: str, low: int, high: int, names: dict[str, int]) -> bool:
    span, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdigit() and to_int(step) > 0):
        return False
    first, dash, last = span.partition("-")
    if first in ("*", "?"):
        return not dash
    start = _number(first, names)
    end = _number(last, names) if dash else (high if slash else start)
    return start is not None and end is not None and low <= start <= end <= high


def _number(text: str, names: dict[str, int]) -> int | None:
    if text.lower() in names:
        return names[text.lower()]
    return to_int(text) if text.isascii() and text.isdigit() else None


def time_zone_problem(zone: str) -> str:
    if not zone:
        return "is empty: leave timeZone out or name a zone such as Europe/Berlin"
    if zone.lower() == "local":
        return "depends on the server: name a zone such as Europe/Berlin"
    if not _ZONE.match(zone) or not _is_known(zone):
        return "is not a time zone of the IANA database such as Europe/Berlin"
    return ""


def _is_known(zone: str) -> bool:
    import zoneinfo

    known = zoneinfo.available_timezones()
    # Without a database on this machine only the spelling can be judged.
    return not known or zone in known


_MOST = 100_000
_NAME_LABELS = ("batch.kubernetes.io/job-name", "job-name")
_UID_LABELS = ("batch.kubernetes.io/controller-uid", "controller-uid")
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")


def check_job(data: Fields) -> None:
    spec = data.inner("spec")
    name = data.inner("metadata").get("name", "")
    check_job_spec(spec)
    if spec.get("manualSelector"):
        _check_manual(spec)
    elif not data.report.update:
        _check_generated(spec, name)
    if name and spec.get("completionMode") == "Indexed" and spec.get("completions", 0) > 0:
        last = f"{name}-{spec.get('completions') - 1}"
        if syntax.dns_label(last):
            message = f"names the Pod {show(last)}, which {syntax.dns_label(last)}"
            data.report.name(("metadata", "name"), name, message)


def _check_manual(spec: Fields) -> None:
    if not spec.is_set("selector", "manualSelector asks for it"):
        return
    labels.check_selector(spec.inner("selector"))
    given = spec.inner("template", "metadata", "labels")
    if not labels.matches(spec.get("selector"), given.data):
        spec.report.wrong(given.path, "the template's labels do not match the selector")


def _check_generated(spec: Fields, name: str) -> None:
    """The server makes selector and labels itself; what is written must not contradict it."""
    if not labels.is_empty(spec.get("selector") or {}):
        message = "the server makes a Job's selector: leave it out, or set manualSelector"
        spec.wrong("selector", message)
    given, report = spec.inner("template", "metadata", "labels"), spec.report
    for key in _NAME_LABELS:
        if name and given.get(key, name) != name:
            report.label(given.at(key), given.get(key), f"must be the Job's name, {name}")
        elif name and key not in given and syntax.label_value(name):
            message = f"becomes a label of the Pods and {syntax.label_value(name)}"
            report.name(("metadata", "name"), name, message)
            break
    for key in _UID_LABELS:
        if key in given:
            report.label(given.at(key), given.get(key), "is set by the server: leave it out")


def check_job_spec(spec: Fields) -> None:
    """The spec of a Job, also inside a CronJob."""
    spec.not_negative(
        "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit",
        "ttlSecondsAfterFinished", "maxFailedIndexes", "backoffLimitPerIndex",
    )  # fmt: skip
    _check_mode(spec)
    if spec.name("managedBy", syntax.domain_prefixed_path):
        spec.longest("managedBy", 63)
    judged = spec.get("podFailurePolicy") is not None
    spec.enum("podReplacementPolicy", ("Failed",) if judged else ("Failed", "TerminatingOrFailed"))
    check_template(spec.inner("template"))
    pod = spec.inner("template", "spec")
    if pod.get("restartPolicy") in (None, "", "Always"):
        why = "a Job needs OnFailure or Never (Always is the default)"
        pod.report.required(pod.at("restartPolicy"), why)
    else:
        pod.enum("restartPolicy", ("Never", "OnFailure"))
    if "podFailurePolicy" in spec:
        _check_failure_policy(spec, pod)
    if "successPolicy" in spec:
        _check_success_policy(spec)


def _check_mode(spec: Fields) -> None:
    completions, per_index = spec.get("completions"), spec.get("backoffLimitPerIndex")
    failed = spec.get("maxFailedIndexes")
    if not spec.enum("completionMode", ("Indexed", "NonIndexed"), empty=True):
        return
    if spec.get("completionMode") != "Indexed":
        why = "only for completionMode Indexed"
        spec.forbidden(why, "backoffLimitPerIndex", "maxFailedIndexes")
        return
    if not spec.is_set("completions", "completionMode Indexed counts them"):
        return
    _most(spec, "parallelism", _MOST)
    if failed is not None:
        _most(spec, "maxFailedIndexes", completions, f"at most completions, {completions}")
        _most(spec, "maxFailedIndexes", _MOST)
        spec.is_set("backoffLimitPerIndex", "maxFailedIndexes counts with it")
    if per_index is not None and completions > _MOST:
        allowed = f"at most 10000 with more than {_MOST} completions"
        if spec.is_set("maxFailedIndexes", f"more than {_MOST} completions"):
            _most(spec, "maxFailedIndexes", 10_000, allowed)
        _most(spec, "parallelism", 10_000, allowed)


def _most(spec: Fields, field: str, limit: int, allowed: str = "") -> None:
    value = spec.get(field)
    if value is not None and value > limit:
        spec.report.range(spec.at(field), value, allowed or f"at most {limit}")


def _check_failure_policy(spec: Fields, pod: Fields) -> None:
    if pod.get("restartPolicy") != "Never":
        spec.wrong("podFailurePolicy", "only for Pods with restartPolicy Never")
    policy = spec.inner("podFailurePolicy")
    names = {c.get("name") for g in ("containers", "initContainers") for c in pod.items(g)}
    policy.at_most("rules", 20, "rules")
    for rule in policy.items("rules"):
        rule.needs_enum("action", _ACTIONS)
        if rule.get("action") == "FailIndex" and "backoffLimitPerIndex" not in spec:
            rule.wrong("action", "FailIndex needs backoffLimitPerIndex")
        codes, conditions = "onExitCodes" in rule, rule.get("onPodConditions") or ()
        if not codes and not conditions:
            message = "one of onExitCodes and onPodConditions is needed"
            rule.report.wrong(rule.path, message)
        if codes and conditions:
            message = "onExitCodes and onPodConditions exclude each other"
            rule.report.wrong(rule.path, message)
        if codes:
            _check_exit_codes(rule.inner("onExitCodes"), names)
        if len(conditions) > 20:
            rule.report.length(rule.at("onPodConditions"), "at most 20")
        for condition in rule.items("onPodConditions"):
            if condition.needs("type"):
                where = condition.at("type")
                labels.check_label_key(condition.get("type"), where, condition.report)
            condition.enum("status", ("False", "True", "Unknown"), empty=True)


def _check_exit_codes(codes: Fields, names: set[Any]) -> None:
    operator, values = codes.get("operator", ""), codes.get("values") or ()
    codes.needs_enum("operator", ("In", "NotIn"))
    container, report = codes.get("containerName"), codes.report
    if container is not None and container not in names:
        codes.wrong("containerName", f"{show(container)} is not a container of the Pod")
    if not values:
        report.length(codes.at("values"), "at least one value is needed")
    codes.at_most("values", 255, "values")
    for i, (value, where) in enumerate(codes.values("values")):
        if operator == "In" and value == 0:
            report.range(where, value, "not 0 for operator In")
        if value in values[:i]:
            report.duplicate(where, value, "exit code")
        elif i and value < values[i - 1]:
            codes.wrong("values", "must be in ascending order")


def _check_success_policy(spec: Fields) -> None:
    if spec.get("completionMode") != "Indexed":
        spec.wrong("successPolicy", "only for completionMode Indexed")
        return
    policy, completions = spec.inner("successPolicy"), spec.get("completions", 1)
    policy.needs("rules")
    policy.at_most("rules", 20, "rules")
    for rule in policy.items("rules"):
        count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
        if count is None and indexes is None:
            rule.report.required(rule.path, "one of succeededCount and succeededIndexes")
        total = completions
        if indexes is not None:
            found = _count_indexes(indexes, completions)
            if found is None:
                wrong = f"must be rising indexes such as 0-2,5 below completions, {completions}"
                rule.report.syntax(rule.at("succeededIndexes"), indexes, wrong)
                continue
            total = found
        rule.not_negative("succeededCount")
        _most(rule, "succeededCount", total)


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


def check_cron_job(data: Fields) -> None:
    spec = data.inner("spec")
    spec.needs_syntax("schedule", schedule_problem)
    spec.syntax("timeZone", time_zone_problem)
    spec.enum("concurrencyPolicy", ("Allow", "Forbid", "Replace"), empty=True)
    spec.not_negative(
        "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"
    )
    job = spec.inner("jobTemplate", "spec")
    check_job_spec(job)
    job.forbidden("the server makes the selector of each Job", "selector")
    job.unwanted("Jobs of a CronJob have their own selector", "manualSelector")
