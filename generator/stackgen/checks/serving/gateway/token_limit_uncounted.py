"""A limit of tokens for answers whose tokens nothing counts."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, chain, is_service
from stackgen.checks.serving.gateway.access_policies import AI_GATEWAY, parents, policies, targets
from stackgen.checks.serving.gateway_routes import model_backend, pods_behind
from stackgen.facts.shape import at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_METADATA = "io.envoy.ai_gateway"


def check(context: Context) -> Violations:
    """Limits of Envoy Gateway by the costs of its extension, and TokenRateLimitPolicies."""
    if not any(True for _ in context.bundle.of_kind("GatewayConfig", AI_GATEWAY)):
        for policy in policies(context, "BackendTrafficPolicy"):
            yield from _by_cost(context, policy)
    links = chain(context)
    for policy in policies(context, "TokenRateLimitPolicy"):
        yield from _by_answer(links, policy)


def _by_cost(context: Context, policy: Resource) -> Violations:
    counted = list(_counted(context, policy))
    plain = list(_plain(context, policy))
    for i, rule in maps(policy.get("spec", "rateLimit", "global", "rules")):
        cost = at(rule, "cost", "response", "metadata")
        space, key = text(at(cost, "namespace")), text(at(cost, "key"))
        path = ("spec", "rateLimit", "global", "rules", i, "cost", "response", "metadata")
        if space != _METADATA:
            if space and any(key in _costs(route) for route in counted):
                yield violation(
                    f"Envoy AI Gateway writes {key} into the namespace {_METADATA}, not {space}",
                    Place(policy, (*path, "namespace")),
                )
            continue
        lacking = [route for route in counted if key not in _costs(route)]
        if lacking:
            yield violation(
                f"AIGatewayRoute {lacking[0].name} has no cost {key} in llmRequestCosts",
                Place(policy, (*path, "key")),
                Place(lacking[0], ("spec",), note="the route"),
            )
        elif plain and not counted:
            yield violation(
                f"HTTPRoute {plain[0].name} does not belong to an AIGatewayRoute, so Envoy AI "
                f"Gateway does not write {key} for its responses",
                Place(policy, path),
                Place(plain[0], ("metadata", "name"), note="the route"),
            )
        else:
            continue
        return


def _costs(route: Resource) -> list[str]:
    costs = maps(route.get("spec", "llmRequestCosts"))
    return [text(cost.get("metadataKey")) for _, cost in costs]


def _counted(context: Context, policy: Resource) -> Iterator[Resource]:
    """The AIGatewayRoutes that a policy is for."""
    for route in context.bundle.of_kind("AIGatewayRoute", AI_GATEWAY):
        for target in targets(policy):
            same = target.kind == "HTTPRoute" and target.whole[1:] == (route.namespace, route.name)
            if same or target.whole in set(parents(route.data)):
                yield route
                break


def _plain(context: Context, policy: Resource) -> Iterator[Resource]:
    """The HTTPRoutes of the input that a policy names."""
    for route in context.bundle.of_kind("HTTPRoute"):
        if any(("HTTPRoute", route.namespace, route.name) == one.whole for one in targets(policy)):
            yield route


def _by_answer(links: Chain, policy: Resource) -> Violations:
    """Routes to Pods that are seen, none of which is a model server."""
    for target in targets(policy):
        for route in links.nearest(target.kind, target.namespace, target.name, policy):
            if route.kind != "HTTPRoute":
                continue
            backends = [backend for _, backend in links.backends(route)]
            seen = [b for b in backends if is_service(b) and pods_behind(links, route, b)]
            served = any(model_backend(links, route, backend) for backend in backends)
            if backends and len(seen) == len(backends) and not served:
                yield violation(
                    f"HTTPRoute {route.name} does not route to a model server, so its "
                    "responses have no usage.total_tokens",
                    Place(policy, target.path),
                    route.place("spec", note="the route"),
                )
