"""Ports of Services that are named where the ports of Pods are meant."""

from __future__ import annotations

from stackgen.checks.serving.chain import Chain, Pods
from stackgen.facts.shape import as_dict, maps


def mapped_port(
    links: Chain, namespace: str, pods: list[Pods], port: int
) -> tuple[str, int] | None:
    """The Service that has the port and the Pods' port behind it; None if a Pod may have it."""
    numbers = [dict(one.ports()) for one in pods]
    if any(port in names.values() for names in numbers):
        return None
    for service in links.of("Service", ""):
        chosen = as_dict(service.get("spec", "selector"))
        near = service.namespace == namespace and chosen
        if not near or not all(chosen.items() <= dict(one.labels).items() for one in pods):
            continue
        for _, entry in maps(service.get("spec", "ports")):
            target = entry.get("targetPort", port)
            found = {names.get(target) if isinstance(target, str) else target for names in numbers}
            number = found.pop() if len(found) == 1 else None
            if entry.get("port") == port and isinstance(number, int) and number != port:
                return service.name, number
    return None
