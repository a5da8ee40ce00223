"""PodDisruptionBudget and PriorityClass."""

from __future__ import annotations

from stackgen.schema.native import labels
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import show
from stackgen.schema.native.workloads import check_amount

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
