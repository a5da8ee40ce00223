"""A time limit of a route that ends long answers of a model."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, chain
from stackgen.checks.serving.gateway_routes import controlled_routes, model_backend, seconds
from stackgen.checks.serving.mesh import NETWORKING, host_pods
from stackgen.checks.serving.monitors import generates
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place, Violations, violation

# 4,096 tokens at 34 tokens a second, which is the pace of one stream of a large model.
SHORT_SECONDS = 120
# What Envoy AI Gateway writes into the routes that it makes of an AIGatewayRoute.
AI_ROUTE_SECONDS = 60
_AI_GATEWAY = "aigateway.envoyproxy.io"
_ATTEMPT = ("spec", "retry", "perRetry", "timeout")


def check(context: Context) -> Violations:
    """One finding for each route and reason.

    Routes of GKE Gateways are left out: GKE rejects their timeouts.
    """
    links = chain(context)
    kinds = {resource.kind for resource in context.bundle.objects}
    for route, _, row in controlled_routes(context):
        # A policy of the input may set another limit.
        default = None if kinds.intersection(row.set_by) else row.route_seconds
        limits = [
            (i, _limit(rule, default, row.name))
            for i, rule in maps(route.get("spec", "rules"))
            if any(model_backend(links, route, one) for _, one in maps(rule.get("backendRefs")))
        ]
        yield from _findings(route, limits)
        if any(model_backend(links, route, one) for _, one in links.backends(route)):
            yield from _retries(context, route)
    yield from _virtual(context)
    for route in links.of("AIGatewayRoute", _AI_GATEWAY):
        rules = maps(route.get("spec", "rules"))
        limits = [(i, _limit(rule, AI_ROUTE_SECONDS, "Envoy AI Gateway")) for i, rule in rules]
        yield from _findings(route, limits)


def _virtual(context: Context) -> Violations:
    """Routes of Istio's VirtualServices to model servers of the input."""
    for route in context.bundle.of_kind("VirtualService", NETWORKING):
        for i, rule in maps(route.get("spec", "http")):
            limit = seconds(rule.get("timeout"))
            if limit is None or not 0 < limit < SHORT_SECONDS:
                continue
            hosts = [text(at(one, "destination", "host")) for _, one in maps(rule.get("route"))]
            pods = [x for host in hosts for x in host_pods(context, host, route.namespace)]
            if any(map(generates, pods)):
                yield violation(
                    f"a response ends after {visible(str(rule['timeout']))}, the timeout "
                    f"(http rule {i} of VirtualService {route.name})",
                    Place(route, ("spec", "http", i, "timeout")),
                    remedy="Remove `timeout`, or set a duration for the longest response.",
                )


def _retries(context: Context, route: ApiObject) -> Violations:
    """Policies of Envoy Gateway whose limit for each attempt ends a response of the route."""
    for policy in context.bundle.of_kind("BackendTrafficPolicy", "gateway.envoyproxy.io"):
        given = policy.get(*_ATTEMPT)
        limit = seconds(given)
        named = [*as_list(policy.get("spec", "targetRefs")), policy.get("spec", "targetRef")]
        targets = {(text(at(x, "kind")), text(at(x, "name"))) for x in named}
        here = policy.namespace == route.namespace and (route.kind, route.name) in targets
        if here and limit is not None and 0 < limit < SHORT_SECONDS:
            yield violation(
                f"a response ends after {visible(str(given))}, the limit for one attempt "
                f"({policy.kind} {policy.name} of {route.kind} {route.name})",
                Place(policy, _ATTEMPT),
                remedy="Remove `retry.perRetry.timeout`, or set it to the timeout of the route.",
            )


def _findings(route: ApiObject, limits: list[tuple[int, str]]) -> Violations:
    by_reason: dict[str, list[int]] = {}
    for i, why in limits:
        by_reason.setdefault(why, []).append(i)
    for why, rules in by_reason.items():
        if why:
            given = route.get("spec", "rules", rules[0], "timeouts") is not None
            which = f"rule {rules[0]}" if len(rules) == 1 else f"{len(rules)} rules"
            yield violation(
                f"{why} ({which} of {route.kind} {route.name})",
                route.place("spec", "rules", rules[0], "timeouts", key=given),
            )


def _limit(rule: dict[str, Any], default: int | None, name: str) -> str:
    """Why an answer ends early; "" if it does not. default: without a timeout; None if unknown."""
    timeouts = as_dict(rule.get("timeouts"))
    for field in ("request", "backendRequest"):
        given = seconds(timeouts.get(field))
        if given is not None and 0 < given < SHORT_SECONDS:
            return f"a response ends after {timeouts[field]}, the {field} timeout"
    if default is None or "request" in timeouts or default >= SHORT_SECONDS:
        return ""
    return f"a response ends after {default} s, the default of {name} for routes without timeouts"
