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
from stackgen.checks.serving.monitors import generates, relays
from stackgen.facts.gateway_controllers import GatewayController, controller_named
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.schema.formats import go_duration

_NANOSECONDS = 1_000_000_000
_OWN_NAME = "kubernetes.io/metadata.name"


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
    """`InferencePool NAME` or `Service NAME` if a backend gives answers of models; else ""."""
    name = text(backend.get("name"))
    if is_pool(backend):
        return f"InferencePool {name}"
    behind = pods_behind(links, route, backend) if is_service(backend) else []
    if any(generates(pods) or relays(pods) for pods in behind):
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


def refused(links: Chain, route: ApiObject, parent: Mapping[str, Any], gateway: ApiObject) -> str:
    """Why a Gateway does not accept a route; empty when it does, or when that is not known."""
    listeners = [listener for _, listener in maps(gateway.get("spec", "listeners"))]
    if not listeners or gateway.get("spec", "allowedListeners") is not None:
        return ""
    wanted, port = parent.get("sectionName"), parent.get("port")
    if wanted is not None:
        listeners = [one for one in listeners if one.get("name") == wanted]
        if not listeners:
            return f"Gateway {gateway.name} has no listener {wanted}"
    if port is not None:
        listeners = [one for one in listeners if one.get("port") == port]
        if not listeners:
            return f"Gateway {gateway.name} has no listener on port {port}"
    reasons = [_by(links, route, one, gateway) for one in listeners]
    return "" if not all(reasons) else "; ".join(dict.fromkeys(reasons))


def _by(links: Chain, route: ApiObject, listener: dict[str, Any], gateway: ApiObject) -> str:
    """Why a listener refuses the route; empty when it does not, or when that is not known."""
    allowed = as_dict(listener.get("allowedRoutes"))
    name = text(listener.get("name"))
    kinds = [k.get("kind") for _, k in maps(allowed.get("kinds"))]
    if kinds and route.kind not in kinds:
        return f"listener {name} accepts {', '.join(map(str, kinds))} only"
    if listener.get("protocol") in ("TCP", "UDP", "TLS"):
        return f"listener {name} has the protocol {listener['protocol']}, not HTTP"
    other = refused_namespace(links, route.namespace, listener, gateway)
    if other:
        return other
    hosts = [h for h in as_list(route.get("spec", "hostnames")) if isinstance(h, str)]
    host = text(listener.get("hostname"))
    known = bool(hosts and host) and all(map(plain, (host, *hosts)))
    if known and not any(_meets(h, host) for h in hosts):
        return f"listener {name} has the hostname {host}, the route {', '.join(hosts)}"
    return ""


def refused_namespace(
    links: Chain, space: str, listener: Mapping[str, Any], gateway: ApiObject
) -> str:
    """Why a listener accepts nothing of a namespace; empty when it does, or if it is not known."""
    name = text(listener.get("name"))
    namespaces = as_dict(as_dict(listener.get("allowedRoutes")).get("namespaces"))
    origin = namespaces.get("from", "Same")
    if origin == "None":
        return f"listener {name} accepts no routes"
    if origin == "Same" and space and gateway.namespace != space:
        return f"listener {name} accepts routes of namespace {gateway.namespace} only"
    if origin == "Selector" and not _selected(links, space, as_dict(namespaces.get("selector"))):
        return f"listener {name} does not select namespace {space}"
    return ""


def _selected(links: Chain, space: str, selector: dict[str, Any]) -> bool:
    """True as well where the labels of the namespace are not in the input."""
    if not space:
        return True
    found = links.find("Namespace", "", space, "")
    # Every namespace bears its name as a label; the others are known from the input alone.
    labels = {_OWN_NAME: space}
    if found is not None:
        labels = {**as_dict(found.get("metadata", "labels")), **labels}
    for key, value in as_dict(selector.get("matchLabels")).items():
        if (found is not None or key == _OWN_NAME) and labels.get(key) != value:
            return False
    for _, one in maps(selector.get("matchExpressions")):
        key, values = text(one.get("key")), as_list(one.get("values"))
        if found is None and key != _OWN_NAME:
            continue
        there = labels.get(key)
        holds = {
            "In": there in values,
            "NotIn": there not in values,
            "Exists": there is not None,
            "DoesNotExist": there is None,
        }
        if not holds.get(text(one.get("operator")), True):
            return False
    return True


def _meets(one: str, other: str) -> bool:
    for left, right in ((one, other), (other, one)):
        if left == right or (left.startswith("*.") and right.endswith(left[1:])):
            return True
    return False
