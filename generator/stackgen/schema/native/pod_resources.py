"""Resources of a pod as a whole, against those of its containers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from stackgen.facts.quantity import parse
from stackgen.manifest.document import Path
from stackgen.schema.native.report import Report
from stackgen.schema.native.resources import check_amount, check_request, is_hugepage

_ZERO = Decimal(0)


def check_pod_resources(spec: dict[str, Any], path: Path, report: Report) -> None:
    """`resources` of the pod spec: cpu, memory and huge pages only."""
    resources = spec["resources"]
    if resources.get("claims"):
        report.wrong((*path, "claims"), "claims belong to containers")
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, text in amounts.items():
            where = (*path, field, name)
            if name not in ("cpu", "memory") and not is_hugepage(name):
                allowed = "cpu, memory and hugepages-<size>"
                report.name(where, name, f"is not for pods as a whole: they take {allowed}", True)
            check_amount(name, text, where, report)
    for name, text in requests.items():
        check_request(name, text, limits, path, report)
        asked = _asked(spec, name)
        if asked > parse(text):
            message = f"the containers request {asked} of {name}, more than the pod's {text}"
            report.add("schema-range", (*path, "requests", name), message)
    for name, text in limits.items():
        _check_container_limits(spec, name, text, (*path, "limits", name), report)


def _asked(spec: dict[str, Any], name: str) -> Decimal:
    """What all containers together request of a resource."""
    total = _ZERO
    for container in spec.get("containers") or ():
        total += _request(container, name)
    sidecars, most = _ZERO, _ZERO
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            sidecars += _request(container, name)
            most = max(most, sidecars)
        else:
            most = max(most, sidecars + _request(container, name))
    return max(total + sidecars, most)


def _request(container: dict[str, Any], name: str) -> Decimal:
    resources = container.get("resources") or {}
    text = (resources.get("requests") or {}).get(name)
    if text is None:
        text = (resources.get("limits") or {}).get(name)
    return parse(text) if text is not None else _ZERO


def _check_container_limits(
    spec: dict[str, Any], name: str, text: str, path: Path, report: Report
) -> None:
    for group in ("containers", "initContainers"):
        for container in spec.get(group) or ():
            limits = (container.get("resources") or {}).get("limits") or {}
            if name in limits and parse(limits[name]) > parse(text):
                shown = container.get("name", "")
                message = f"container {shown} has the limit {limits[name]}, above the pod's {text}"
                report.add("schema-range", path, message)
