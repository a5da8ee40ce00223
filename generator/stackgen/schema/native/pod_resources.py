"""Resources of a pod as a whole, against those of its containers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from stackgen.facts.quantity import parse
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.resources import check_amount, check_request, is_hugepage

_ZERO = Decimal(0)


def check_pod_resources(spec: Fields) -> None:
    """`resources` of the pod spec: cpu, memory and huge pages only."""
    resources, report = spec.inner("resources"), spec.report
    resources.unwanted("claims belong to containers", "claims")
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, text in amounts.items():
            where = resources.at(field, name)
            if name not in ("cpu", "memory") and not is_hugepage(name):
                allowed = "cpu, memory and hugepages-<size>"
                report.name(where, name, f"is not for pods as a whole: they take {allowed}", True)
            check_amount(name, text, where, report)
    for name, text in requests.items():
        check_request(name, text, limits, resources.path, report)
        asked = _asked(spec.data, name)
        if asked > parse(text):
            message = f"the containers request {asked} of {name}, more than the pod's {text}"
            report.add("schema-range", resources.at("requests", name), message)
    for name, text in limits.items():
        for container in (*spec.items("containers"), *spec.items("initContainers")):
            limit = container.inner("resources", "limits").get(name)
            if limit is not None and parse(limit) > parse(text):
                shown = container.get("name", "")
                message = f"container {shown} has the limit {limit}, above the pod's {text}"
                report.add("schema-range", resources.at("limits", name), message)


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
