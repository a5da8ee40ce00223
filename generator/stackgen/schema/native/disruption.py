"""PodDisruptionBudget and PriorityClass."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import labels
from stackgen.schema.native.report import Report, show
from stackgen.schema.native.workloads import check_amount

_HIGHEST = 1_000_000_000
_SYSTEM = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}


def check_budget(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    least, gone = spec.get("minAvailable"), spec.get("maxUnavailable")
    if least is not None and gone is not None:
        report.wrong(path, "minAvailable and maxUnavailable exclude each other")
    for field, value in (("minAvailable", least), ("maxUnavailable", gone)):
        if value is not None:
            check_amount(value, (*path, field), report)
    if "selector" in spec:
        labels.check_selector(spec["selector"], (*path, "selector"), report)
    policy, allowed = spec.get("unhealthyPodEvictionPolicy"), ("AlwaysAllow", "IfHealthyBudget")
    if policy is not None and policy not in allowed:
        report.enum((*path, "unhealthyPodEvictionPolicy"), policy, allowed)


def check_priority_class(data: dict[str, Any], report: Report) -> None:
    name, value = (data.get("metadata") or {}).get("name", ""), data.get("value", 0)
    if name.startswith("system-"):
        if name not in _SYSTEM or value != _SYSTEM[name] or data.get("globalDefault"):
            message = f"{show(name)}: names that begin with system- belong to Kubernetes"
            report.add("schema-name", ("metadata", "name"), message)
    elif value > _HIGHEST:
        report.range(("value",), value, f"at most {_HIGHEST}")
    policy, allowed = data.get("preemptionPolicy"), ("Never", "PreemptLowerPriority")
    if policy is not None and policy not in allowed:
        report.enum(("preemptionPolicy",), policy, allowed)
