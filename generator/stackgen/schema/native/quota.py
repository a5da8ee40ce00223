"""ResourceQuota and LimitRange."""

from __future__ import annotations

from stackgen.facts.quantity import parse
from stackgen.manifest.document import Path
from stackgen.schema import syntax
from stackgen.schema.native import labels, resources
from stackgen.schema.native.fields import Fields
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


def check_quota(data: Fields) -> None:
    hard = data.inner("spec", "hard")
    for name, amount in hard.data.items():
        check_quota_name(name, hard.at(name), data.report)
        resources.check_amount(name, amount, hard.at(name), data.report)
    spec = data.inner("spec")
    _check_scopes(list(spec.values("scopes")), hard.data, data.report)
    requirements = spec.inner("scopeSelector").items("matchExpressions")
    for requirement in requirements:
        if requirement.get("scopeName") in _ONLY_EXISTS and requirement.get("operator") != "Exists":
            operator = requirement.get("operator", "")
            requirement.report.enum(requirement.at("operator"), operator, ("Exists",))
        labels.check_operator(requirement, labels.OPERATORS)
    places = [(r.get("scopeName", ""), r.at("scopeName")) for r in requirements]
    _check_scopes(places, hard.data, data.report)


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


# -- LimitRange ----------------------------------------------------------------------------------


_TYPES = ("Container", "PersistentVolumeClaim", "Pod")
_FIELDS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")


def check_limit_range(data: Fields) -> None:
    seen: set[str] = set()
    for limit in data.inner("spec").items("limits"):
        kind, where = limit.get("type", ""), limit.at("type")
        wrong = syntax.qualified_name(kind)
        if not wrong and "/" not in kind and kind not in _TYPES:
            wrong = f"is not one of {', '.join(_TYPES)}"
        if wrong:
            limit.report.add("schema-enum", where, f"{show(kind)} {wrong}")
        if kind in seen:
            limit.report.duplicate(where, kind, "type")
        seen.add(kind)
        _check_limit(limit, kind)


def _check_limit(limit: Fields, kind: str) -> None:
    given = {field: dict(limit.get(field) or {}) for field in _FIELDS}
    check = resources.check_name
    if kind in ("Container", "Pod"):
        check = resources.check_container_name
    for field in _FIELDS:
        for name in given[field]:
            check(name, limit.at(field, name), limit.report)
    if kind == "Pod":
        limit.unwanted("not for type Pod", "default", "defaultRequest")
        given["default"] = given["defaultRequest"] = {}
    if kind == "PersistentVolumeClaim" and "storage" not in {*given["max"], *given["min"]}:
        limit.report.required(limit.at("max", "storage"), "max or min of storage")
    if kind == "Container":
        # The server fills these in before it compares.
        given["default"] = {**given["max"], **given["default"]}
        given["defaultRequest"] = {**given["min"], **given["default"], **given["defaultRequest"]}
    for name in sorted({name for amounts in given.values() for name in amounts}):
        _compare(name, given, limit)


def _compare(name: str, given: dict[str, dict[str, str]], limit: Fields) -> None:
    """The five amounts of one resource against each other."""
    report = limit.report
    order = (("min", "max"), ("min", "defaultRequest"), ("defaultRequest", "max"),
             ("defaultRequest", "default"), ("min", "default"), ("default", "max"))  # fmt: skip
    for low, high in order:
        if name in given[low] and name in given[high]:
            small, large = given[low][name], given[high][name]
            if parse(small) > parse(large):
                at = low if name in (limit.get(low) or {}) else high
                message = f"{low} {small} of {name} is above {high} {large}"
                report.add("schema-range", limit.at(at, name), message)
    default, request = given["default"].get(name), given["defaultRequest"].get(name)
    fixed = default is not None and request is not None and not resources.can_overcommit(name)
    if fixed and parse(str(default)) != parse(str(request)):
        message = f"default {default} and defaultRequest {request} of {name} must be equal"
        report.add("schema-range", limit.at("defaultRequest", name), message)
    ratio = given["maxLimitRequestRatio"].get(name)
    if ratio is None:
        return
    where = limit.at("maxLimitRequestRatio", name)
    if parse(ratio) < 1:
        report.range(where, ratio, "1 or more")
    least, most = given["min"].get(name), given["max"].get(name)
    if least is None or most is None or parse(least) <= 0:
        return
    if parse(ratio) > parse(most) / parse(least):
        report.range(where, ratio, f"at most max/min, {parse(most) / parse(least)}")
