"""A route to a port that the Service does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain, is_service
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """References to Services that are in the input, or that the controller makes."""
    links = chain(context)
    for route in links.routes:
        if route.service is not None and route.service.resource.get(*_OWN_RULES) is None:
            continue
        for path, backend in links.backends(route):
            port = backend.get("port")
            if not is_service(backend) or not isinstance(port, int):
                continue
            namespace = text(backend.get("namespace")) or route.namespace
            service = links.find("Service", namespace, text(backend.get("name")), "")
            ports = (
                [p.get("port") for _, p in maps(service.get("spec", "ports"))] if service else []
            )
            if service is not None and ports and port not in ports:
                offered = ", ".join(str(p) for p in ports)
                yield RULE.finding(
                    f"Service {service.name} has no port {port}; it has {offered}",
                    route.place(*path, "port"),
                    service.place("spec", "ports", key=True, note="its ports"),
                )


_OWN_RULES = ("spec", "router", "route", "http", "spec", "rules")
