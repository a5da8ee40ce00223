"""ResourceQuota and LimitRange."""

from __future__ import annotations

from typing import Any

from stackgen.facts.quantity import parse
from stackgen.manifest.document import Path
from stackgen.schema.native import resources, syntax
from stackgen.schema.native.report import Report, show

_PODS = frozenset(("pods",))
_COMPUTE = _PODS | {
    "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory",
}  # fmt: skip
_CLAIMS = frozenset(("persistentvolumeclaims", "requests.storage"))
_SCOPES = {
    "BestEffort": _PODS,
    "CrossNamespacePodAffinity": _COMPUTE,
    "NotBestEffort": _COMPUTE,
    "NotTerminating": _COMPUTE,
    "PriorityClass": _COMPUTE,
    "Terminating": _COMPUTE,
    "VolumeAttributesClass": _CLAIMS,
}
_ONLY_EXISTS = frozenset(_SCOPES) - {"PriorityClass", "VolumeAttributesClass"}
_OPPOSITES = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_NOT_QUOTA = ("storage",)


def check_quota(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    hard = spec.get("hard") or {}
    for name, amount in hard.items():
        where = (*path, "hard", name)
        check_quota_name(name, where, report)
        resources.check_amount(name, amount, where, report)
    scopes = spec.get("scopes") or []
    places: list[tuple[str, Path]] = [
        (scope, (*path, "scopes", i)) for i, scope in enumerate(scopes)
    ]
    _check_scopes(places, hard, report)
    requirements = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    where = (*path, "scopeSelector", "matchExpressions")
    for i, requirement in enumerate(requirements):
        _check_requirement(requirement, (*where, i), report)
    places = [
        (r.get("scopeName", ""), (*where, i, "scopeName")) for i, r in enumerate(requirements)
    ]
    _check_scopes(places, hard, report)


def check_quota_name(name: str, path: Path, report: Report) -> None:
    """The name of something a quota counts."""
    if resources.check_name(name, path, report) and name in _NOT_QUOTA:
        report.name(path, name, "cannot be limited; requests.storage can", key=True)


def _check_scopes(places: list[tuple[str, Path]], hard: dict[str, str], report: Report) -> None:
    seen = [scope for scope, _ in places]
    for scope, where in places:
        if scope not in _SCOPES:
            report.enum(where, scope, sorted(_SCOPES))
            continue
        for name in sorted(n for n in hard if resources.is_counted_by_quota(n)):
            if name not in _SCOPES[scope]:
                report.wrong(where, f"scope {scope} does not apply to {name}")
    for first, second in _OPPOSITES:
        if first in seen and second in seen:
            report.wrong(places[seen.index(second)][1], f"{first} and {second} exclude each other")


def _check_requirement(requirement: dict[str, Any], path: Path, report: Report) -> None:
    operator, values = requirement.get("operator", ""), requirement.get("values") or ()
    if requirement.get("scopeName") in _ONLY_EXISTS and operator != "Exists":
        report.enum((*path, "operator"), operator, ("Exists",))
    if operator in ("In", "NotIn"):
        if not values:
            report.required((*path, "values"), f"{operator} compares with at least one value")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            report.wrong((*path, "values"), f"values must be left out when operator is {operator}")
    else:
        report.enum((*path, "operator"), operator, ("In", "NotIn", "Exists", "DoesNotExist"))


# -- LimitRange ----------------------------------------------------------------------------------


def check_limit_range(data: dict[str, Any], report: Report) -> None:
    seen: set[str] = set()
    for i, limit in enumerate((data.get("spec") or {}).get("limits") or ()):
        path = ("spec", "limits", i)
        kind = limit.get("type", "")
        wrong = syntax.qualified_name(kind)
        if not wrong and "/" not in kind and kind not in _TYPES:
            wrong = f"is not one of {', '.join(_TYPES)}"
        if wrong:
            report.add("schema-enum", (*path, "type"), f"{show(kind)} {wrong}")
        if kind in seen:
            report.duplicate((*path, "type"), kind, "type")
        seen.add(kind)
        _check_limit(limit, kind, path, report)


_TYPES = ("Container", "PersistentVolumeClaim", "Pod")
_FIELDS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")


def _check_limit(limit: dict[str, Any], kind: str, path: Path, report: Report) -> None:
    given = {field: dict(limit.get(field) or {}) for field in _FIELDS}
    for field in _FIELDS:
        for name in given[field]:
            where = (*path, field, name)
            if kind in ("Container", "Pod"):
                resources.check_container_name(name, where, report)
            else:
                resources.check_name(name, where, report)
    if kind == "Pod":
        for field in ("default", "defaultRequest"):
            if limit.get(field):
                report.wrong((*path, field), "not for type Pod")
                given[field] = {}
    if kind == "PersistentVolumeClaim" and "storage" not in {*given["max"], *given["min"]}:
        report.required((*path, "max", "storage"), "max or min of storage")
    if kind == "Container":
        # The server fills these in before it compares.
        given["default"] = {**given["max"], **given["default"]}
        given["defaultRequest"] = {**given["min"], **given["default"], **given["defaultRequest"]}
    for name in sorted({name for amounts in given.values() for name in amounts}):
        _compare(name, given, limit, path, report)


def _compare(
    name: str,
    given: dict[str, dict[str, str]],
    limit: dict[str, Any],
    path: Path,
    report: Report,
) -> None:
    """The five amounts of one resource against each other."""
    order = (("min", "max"), ("min", "defaultRequest"), ("defaultRequest", "max"),
             ("defaultRequest", "default"), ("min", "default"), ("default", "max"))  # fmt: skip
    for low, high in order:
        if name in given[low] and name in given[high]:
            small, large = given[low][name], given[high][name]
            if parse(small) > parse(large):
                at = low if name in (limit.get(low) or {}) else high
                message = f"{low} {small} of {name} is above {high} {large}"
                report.add("schema-range", (*path, at, name), message)
    default, request = given["default"].get(name), given["defaultRequest"].get(name)
    fixed = default is not None and request is not None and not resources.can_overcommit(name)
    if fixed and parse(str(default)) != parse(str(request)):
        message = f"default {default} and defaultRequest {request} of {name} must be equal"
        report.add("schema-range", (*path, "defaultRequest", name), message)
    ratio = given["maxLimitRequestRatio"].get(name)
    if ratio is None:
        return
    where = (*path, "maxLimitRequestRatio", name)
    if parse(ratio) < 1:
        report.range(where, ratio, "1 or more")
    least, most = given["min"].get(name), given["max"].get(name)
    if least is None or most is None or parse(least) <= 0:
        return
    if parse(ratio) > parse(most) / parse(least):
        report.range(where, ratio, f"at most max/min, {parse(most) / parse(least)}")
