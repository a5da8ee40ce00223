"""A time limit of a route that ends long answers of a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.gateway_routes import controlled_routes, model_backend, seconds
from stackgen.facts.gateway_controllers import GatewayController
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)
# 4,096 tokens at 34 tokens a second, which is the pace of one stream of a large model.
SHORT_SECONDS = 120
# What Envoy AI Gateway writes into the routes that it makes of an AIGatewayRoute.
AI_ROUTE_SECONDS = 60
_AI_GATEWAY = "aigateway.envoyproxy.io"


def check(context: Context) -> Iterator[Finding]:
    """One finding for each rule that sends requests to model servers.

    Routes of GKE Gateways are left out: GKE rejects their timeouts.
    """
    links = chain(context)
    for route, _, row in controlled_routes(context):
        for i, rule in maps(route.get("spec", "rules")):
            backends = (
                model_backend(links, route, one) for _, one in maps(rule.get("backendRefs"))
            )
            target = next(filter(None, backends), "")
            if target and (why := _limit(rule, _default(context, row), row.name)):
                yield RULE.finding(f"{why}: {target}", _place(route, i, rule))
    for route in links.of("AIGatewayRoute", _AI_GATEWAY):
        for i, rule in maps(route.get("spec", "rules")):
            if why := _limit(rule, AI_ROUTE_SECONDS, "Envoy AI Gateway"):
                yield RULE.finding(f"{why}: rule {i}", _place(route, i, rule))


def _default(context: Context, row: GatewayController) -> int | None:
    """The limit without a timeout in the route; None if a policy of the input may set another."""
    set_here = any(resource.kind in row.set_by for resource in context.bundle.objects)
    return None if set_here else row.route_seconds


def _limit(rule: dict[str, Any], default: int | None, name: str) -> str:
    """Why an answer ends early; "" if it does not."""
    timeouts = as_dict(rule.get("timeouts"))
    for field in ("request", "backendRequest"):
        given = seconds(timeouts.get(field))
        if given is not None and 0 < given < SHORT_SECONDS:
            return f"an answer ends after {timeouts[field]}, the {field} timeout"
    if default is None or "request" in timeouts or default >= SHORT_SECONDS:
        return ""
    return f"an answer ends after {default} s, the default of {name} for routes without timeouts"


def _place(route: Any, i: int, rule: dict[str, Any]) -> Place:
    found: Place = route.place("spec", "rules", i, "timeouts", key="timeouts" in rule)
    return found
