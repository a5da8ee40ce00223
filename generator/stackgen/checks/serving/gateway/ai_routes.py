"""The HTTPRoutes that Envoy AI Gateway makes of AIGatewayRoutes, as far as rules on routes need.

Source: envoyproxy/ai-gateway internal/controller/ai_gateway_route.go, as of 2026-12-01.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.serving.chain import GATEWAY_API, ApiObject, Chain, is_pool
from stackgen.checks.serving.gateway.access_policies import AI_GATEWAY
from stackgen.facts.shape import as_dict, as_list, maps, text


def ai_routes(links: Chain) -> Iterator[ApiObject]:
    """One for each AIGatewayRoute, with its parents, hostnames and backends."""
    for route in links.of("AIGatewayRoute", AI_GATEWAY):
        rules = [
            {"backendRefs": list(_backends(links, route, rule))}
            for _, rule in maps(route.get("spec", "rules"))
        ]
        spec = {
            "parentRefs": as_list(route.get("spec", "parentRefs")),
            "hostnames": as_list(route.get("spec", "hostnames")),
            "rules": rules,
        }
        data = {
            "apiVersion": f"{GATEWAY_API}/v1",
            "kind": "HTTPRoute",
            "metadata": as_dict(route.get("metadata")),
            "spec": spec,
        }
        yield ApiObject(route.resource, data)


def _backends(links: Chain, route: ApiObject, rule: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Pools as they are, and what AIServiceBackends refer to."""
    for _, backend in maps(rule.get("backendRefs")):
        space, name = text(backend.get("namespace")) or route.namespace, text(backend.get("name"))
        if is_pool(backend):
            yield backend
        elif found := links.find("AIServiceBackend", space, name, AI_GATEWAY):
            yield {"namespace": space, **as_dict(found.get("spec", "backendRef"))}
