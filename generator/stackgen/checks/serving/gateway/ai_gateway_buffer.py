"""A Gateway with AIGatewayRoutes whose proxies take no long prompts."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.gateway.access_policies import AI_GATEWAY, policies, targets
from stackgen.checks.serving.gateway_routes import gateways_of
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each Gateway of the input; a buffer of a route counts, too."""
    links = chain(context)
    large = {
        target.whole
        for kind, *path in (
            ("ClientTrafficPolicy", "connection", "bufferLimit"),
            ("BackendTrafficPolicy", "requestBuffer"),
        )
        for policy in policies(context, kind)
        if policy.get("spec", *path) is not None
        for target in targets(policy)
    }
    if any(True for _ in context.bundle.of_kind("EnvoyPatchPolicy")):
        return
    told: set[tuple[str, str]] = set()
    for route in links.of("AIGatewayRoute", AI_GATEWAY):
        for gateway in gateways_of(links, route):
            key = (gateway.namespace, gateway.name)
            route_large = ("HTTPRoute", route.namespace, route.name) in large
            if ("Gateway", *key) in large or route_large or key in told:
                continue
            told.add(key)
            yield violation(
                f"Gateway {gateway.name} accepts at most 32 KiB for requests to AIGatewayRoute "
                f"{route.name}: no ClientTrafficPolicy sets connection.bufferLimit",
                gateway.place("metadata", "name"),
            )
