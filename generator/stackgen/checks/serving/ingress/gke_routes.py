"""Routes of the input that a Gateway of GKE serves."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain, chain
from stackgen.checks.serving.gateway_routes import gateways_of
from stackgen.facts.shape import text


def classes(context: Context) -> tuple[str, ...]:
    """The classes of GKE that accept an InferencePool."""
    return tuple(context.catalog.copy().gke("inference-gateway").data["classes"])


def gke_class(context: Context, links: Chain, route: ApiObject) -> tuple[ApiObject, str] | None:
    """The first Gateway of a route that has a class of GKE, and the class."""
    prefix = context.catalog.copy().gke("inference-gateway").data["prefix"]
    for gateway in gateways_of(links, route):
        name = text(gateway.get("spec", "gatewayClassName"))
        if name.startswith(prefix):
            return gateway, name
    return None


def gke_routes(context: Context) -> Iterator[tuple[ApiObject, ApiObject, str]]:
    """Route, Gateway and class."""
    links = chain(context)
    for route in links.routes:
        found = gke_class(context, links, route)
        if found is not None:
            yield route, *found
