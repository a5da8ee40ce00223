"""A Pod that a ResourceQuota rejects, because it does not say what the quota counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, merged_pod_specs
from stackgen.facts.shape import as_dict, at, maps
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

# The names of a quota for which every container must say a value: the field and the resource.
_COUNTED = {
    "cpu": ("requests", "cpu"), "requests.cpu": ("requests", "cpu"),
    "memory": ("requests", "memory"), "requests.memory": ("requests", "memory"),
    "limits.cpu": ("limits", "cpu"), "limits.memory": ("limits", "memory"),
}  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each container and quota of its namespace."""
    quotas: dict[str, list[Resource]] = {}
    for quota in context.bundle.of_kind("ResourceQuota", ""):
        if not quota.get("spec", "scopeSelector") and not quota.get("spec", "scopes"):
            quotas.setdefault(quota.namespace, []).append(quota)
    if not quotas:
        return
    defaults = {
        r.namespace: r for r in context.bundle.of_kind("LimitRange", "") if r.get("spec", "limits")
    }
    for pod in merged_pod_specs(context):
        for quota in quotas.get(pod.namespace, ()):
            yield from _missing(pod, quota, defaults.get(pod.namespace))


def _missing(pod: PodSpec, quota: Resource, limits: Resource | None) -> Violations:
    counted = {key: _COUNTED[key] for key in as_dict(quota.get("spec", "hard")) if key in _COUNTED}
    for path, container in pod.containers():
        resources = as_dict(container.get("resources"))
        missing = [
            key
            for key, (field, name) in counted.items()
            if not _says(resources, field, name) and not _by_default(limits, field, name)
        ]
        if missing:
            yield violation(
                f"ResourceQuota {quota.name} counts {', '.join(missing)}; container "
                f"{container.get('name')} does not set {_fields(missing)}",
                pod.place(*path),
                Place(quota, ("spec", "hard")),
            )


def _says(resources: Mapping[str, Any], field: str, name: str) -> bool:
    """A request that is not set is that of the limit."""
    if name in as_dict(resources.get(field)):
        return True
    return field == "requests" and name in as_dict(resources.get("limits"))


def _by_default(limits: Resource | None, field: str, name: str) -> bool:
    if limits is None:
        return False
    keys = ("default",) if field == "limits" else ("defaultRequest", "default")
    return any(
        at(item, key, name) is not None
        for _, item in maps(limits.get("spec", "limits"))
        for key in keys
        if item.get("type") == "Container"
    )


def _fields(missing: list[str]) -> str:
    return ", ".join(dict.fromkeys(".".join(("resources", *_COUNTED[key])) for key in missing))
