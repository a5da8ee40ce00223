"""A router that makes no route."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Service, services
from stackgen.facts.shape import maps
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve.names import Names


def check(context: Context) -> Violations:
    """Routers with a gateway or a scheduler, and no route here or in the configs."""
    for service in services(context):
        router = service.own.get("router")
        if not service.whole or not isinstance(router, dict) or router.get("ingress") is not None:
            continue
        if router.get("route") is not None or _routed(context, service):
            continue
        for name in ("gateway", "scheduler"):
            if router.get(name) is not None:
                yield violation(
                    f"the router has a {name} and no route",
                    service.place("spec", "router", key=True),
                )
                break


def _routed(context: Context, service: Service) -> bool:
    """A route of the bundle sends requests to the service's own Service or pool."""
    names = Names(service.name)
    own = (names.pool, names.service)
    return any(
        backend.get("name") in own
        for route in context.bundle.objects
        # Gateways have kinds of routes of their own, such as AIGatewayRoute.
        if route.kind.endswith("Route")
        for _, rule in maps(route.get("spec", "rules"))
        for _, backend in maps(rule.get("backendRefs"))
    )
