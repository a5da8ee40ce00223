"""A ResourceQuota that is smaller than what the workloads of its namespace request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.checks.composed import in_one_set
from stackgen.checks.context import Context
from stackgen.facts.pod_templates import kind_of
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict
from stackgen.facts.templates import Services, templates
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.platforms.registry import service_workloads

_SHORT = {"cpu": "requests.cpu", "memory": "requests.memory"}
Amounts = dict[str, float]


def check(context: Context) -> Violations:
    """One finding for each amount of a quota. Unknown replicas count as none, so it is certain."""
    quotas = [
        quota
        for quota in context.bundle.of_kind("ResourceQuota", "")
        if not quota.get("spec", "scopes") and not quota.get("spec", "scopeSelector")
    ]
    if not quotas:
        return
    services = service_workloads(context.catalog.copy(), context.release)
    named = {quota.namespace for quota in quotas}
    objects = context.bundle.objects
    asked = _asked((r for r in objects if r.namespace in named), services)
    for quota in quotas:
        if not quota.namespace:  # objects of other folders may be in other namespaces
            beside = (r for r in objects if not r.namespace and in_one_set(context, quota, r))
            asked = _asked(beside, services)
        totals, by = asked.get(quota.namespace, ({}, []))
        for name, hard in as_dict(quota.get("spec", "hard")).items():
            limit, total = number(hard), totals.get(_SHORT.get(name, name), 0)
            if limit is not None and total > limit:
                space = quota.namespace or "default"
                yield violation(
                    f"the workloads of {space} need {_shown(name, total)} of {name}; "
                    f"ResourceQuota {quota.name} allows {hard}",
                    Place(quota, ("spec", "hard", name)),
                    *(Place(one, ("metadata", "name"), note="counts") for one in by[:3]),
                )


def _asked(
    resources: Iterable[Resource], services: Services
) -> Mapping[str, tuple[Amounts, list[Resource]]]:
    found: dict[str, tuple[Amounts, list[Resource]]] = {}
    seen: set[tuple[str, str, str]] = set()
    for resource in resources:
        kind = kind_of(resource)
        key = (resource.kind, resource.namespace, resource.name)
        # Pods of tasks end; a name that several files use is one object of a cluster.
        ends = kind is not None and kind.runs == "task"
        if ends or key in seen:
            continue
        seen.add(key)
        totals, by = found.setdefault(resource.namespace, ({}, []))
        for workload in _with_sizes(list(templates(resource, services))):
            _add(totals, *workload)
            by.append(resource)
    return found


def _with_sizes(workloads: list[Workload]) -> Iterator[tuple[Workload, int]]:
    """Each template with its number of Pods. A group is one leader and workers for the rest."""
    led = any(one.part == "leader" for one in workloads)
    for one in workloads:
        size = one.size.value or 0
        if led and one.part in ("leader", "worker"):
            size = 1 if one.part == "leader" else max(0, size - 1)
        yield one, (one.replicas.value or 0) * size


def _add(totals: Amounts, workload: Workload, count: int) -> None:
    totals["pods"] = totals.get("pods", 0) + count
    for container in workload.containers:
        resources = as_dict(container.data.get("resources"))
        limits, requests = as_dict(resources.get("limits")), as_dict(resources.get("requests"))
        for field, given in (("limits", limits), ("requests", {**limits, **requests})):
            for name, amount in given.items() if not container.init else ():
                key = f"{field}.{name}"
                totals[key] = totals.get(key, 0) + count * (number(amount) or 0)


def _shown(name: str, total: float) -> Any:
    return f"{total / 2**30:.0f}Gi" if name.endswith("memory") else f"{total:g}"
