"""A route that its Gateway does not accept."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import delivered_objects
from stackgen.checks.serving.chain import GATEWAY_API, ApiObject, Chain, chain
from stackgen.checks.serving.gateway.ai_routes import ai_routes
from stackgen.checks.serving.gateway_routes import refused
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Violations, violation

_MADE = ("AIGatewayRoute",)


def check(context: Context) -> Violations:
    """Parent references whose Gateway is in the input; others are not known."""
    links = chain(context)
    for route in (*links.routes, *ai_routes(links)):
        found = list(_refused(links, route))
        if not found and route.service is None:
            for data in delivered_objects(context, route.resource):
                spec = as_dict(as_dict(data).get("spec"))
                if spec and spec != route.get("spec"):
                    made = ApiObject(route.resource, {**route.data, "spec": spec})
                    found = found or list(_refused(links, made))
        yield from found


def _refused(links: Chain, route: ApiObject) -> Violations:
    """The parents that refuse a route, as it is written or as an overlay makes it."""
    for i, parent in maps(route.get("spec", "parentRefs")):
        if parent.get("kind", "Gateway") != "Gateway" or not plain(text(parent.get("name"))):
            continue
        namespace = text(parent.get("namespace")) or route.namespace
        name = text(parent.get("name"))
        gateways = links.nearest("Gateway", namespace, name, route.resource, GATEWAY_API)
        reasons = [refused(links, route, parent, gateway) for gateway in gateways]
        if reasons and all(reasons):
            kind = route.resource.kind if route.resource.kind in _MADE else route.kind
            yield violation(
                f"{reasons[0]} ({kind} {route.name})",
                route.place("spec", "parentRefs", i),
                gateways[0].place("spec", "listeners", key=True, note="the listeners"),
            )
