"""Routes to model servers, and the controller of the Gateway that serves each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import (
    GATEWAY_API,
    ApiObject,
    Chain,
    Pods,
    chain,
    is_pool,
    is_service,
)
from stackgen.checks.serving.monitors import server_line
from stackgen.facts.gateway_controllers import GatewayController, controller_named
from stackgen.facts.shape import as_dict, maps, text
from stackgen.schema.formats import go_duration

_NANOSECONDS = 1_000_000_000


def gateways_of(links: Chain, route: ApiObject) -> Iterator[ApiObject]:
    """The Gateways of the input that a route attaches to.

    Of several samples with one name, that beside the route is meant, or those of one class.
    """
    for _, ref in maps(route.get("spec", "parentRefs")):
        namespace = text(ref.get("namespace")) or route.namespace
        name = text(ref.get("name"))
        found = links.nearest("Gateway", namespace, name, route.resource, GATEWAY_API)
        if len({text(one.get("spec", "gatewayClassName")) for one in found}) == 1:
            yield found[0]


def controller_of(links: Chain, gateway: ApiObject) -> GatewayController | None:
    """The controller of a Gateway: by its class in the input, else by the name of the class."""
    name = text(gateway.get("spec", "gatewayClassName"))
    kind = links.find("GatewayClass", "", name, GATEWAY_API)
    controller = text(kind.get("spec", "controllerName")) if kind is not None else None
    return controller_named(name, controller)


def controlled_routes(
    context: Context,
) -> Iterator[tuple[ApiObject, ApiObject, GatewayController]]:
    """Each route of the input with the first of its Gateways whose controller is known."""
    links = chain(context)
    for route in links.routes:
        for gateway in gateways_of(links, route):
            row = controller_of(links, gateway)
            if row is not None:
                yield route, gateway, row
                break


def model_backend(links: Chain, route: ApiObject, backend: Mapping[str, Any]) -> str:
    """`InferencePool NAME` or `Service NAME` if model servers are behind a backend; else ""."""
    name = text(backend.get("name"))
    if is_pool(backend):
        return f"InferencePool {name}"
    if is_service(backend) and any(map(server_line, pods_behind(links, route, backend))):
        return f"Service {name}"
    return ""


def pods_behind(links: Chain, route: ApiObject, backend: Mapping[str, Any]) -> list[Pods]:
    """The Pods of the input that the Service of a backend selects."""
    namespace = text(backend.get("namespace")) or route.namespace
    service = links.find("Service", namespace, text(backend.get("name")), "")
    labels = as_dict(service.get("spec", "selector")) if service is not None else {}
    return links.selected(namespace, labels) if labels else []


def seconds(value: Any) -> float | None:
    """A duration such as 1m30s in seconds; None if it is none. 0 means no limit."""
    found = go_duration(value) if isinstance(value, str) and re.match(r"\d", value) else None
    return None if found is None else found / _NANOSECONDS
