"""A Pod that a ResourceQuota rejects, because it does not say what the quota counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, merged_pod_specs
from stackgen.facts.shape import as_dict, at, maps
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

# The names of a quota for which every container must say a value: the field and the resource.
_COUNTED = {
    "cpu": ("requests", "cpu"), "requests.cpu": ("requests", "cpu"),
    "memory": ("requests", "memory"), "requests.memory": ("requests", "memory"),
    "limits.cpu": ("limits", "cpu"), "limits.memory": ("limits", "memory"),
}  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each container and quota of its namespace."""
    # By what they count: quotas that count the same are asked about each Pod once.
    quotas: dict[str, dict[tuple[str, ...], list[Resource]]] = {}
    for quota in context.bundle.of_kind("ResourceQuota", ""):
        if not quota.get("spec", "scopeSelector") and not quota.get("spec", "scopes"):
            counted = tuple(key for key in as_dict(quota.get("spec", "hard")) if key in _COUNTED)
            quotas.setdefault(quota.namespace, {}).setdefault(counted, []).append(quota)
    if not quotas:
        return
    defaults = {
        r.namespace: r for r in context.bundle.of_kind("LimitRange", "") if r.get("spec", "limits")
    }
    for pod in merged_pod_specs(context):
        for counted, those in quotas.get(pod.namespace, {}).items():
            for path, name, missing in _missing(pod, counted, defaults.get(pod.namespace)):
                for quota in those:
                    yield violation(
                        f"ResourceQuota {quota.name} counts {', '.join(missing)}; container "
                        f"{name} does not set {_fields(missing)}",
                        pod.place(*path),
                        Place(quota, ("spec", "hard")),
                    )


def _missing(
    pod: PodSpec, counted: tuple[str, ...], limits: Resource | None
) -> Iterator[tuple[Path, Any, list[str]]]:
    """Path and name of each container that does not set all that is counted, and what."""
    for path, container in pod.containers():
        resources = as_dict(container.get("resources"))
        missing = [
            key
            for key in counted
            if not _says(resources, *_COUNTED[key]) and not _by_default(limits, *_COUNTED[key])
        ]
        if missing:
            yield path, container.get("name"), missing


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
