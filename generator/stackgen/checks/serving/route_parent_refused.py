"""A route that its Gateway does not accept."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, ApiObject, Chain, chain
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Violations, violation

_OWN_NAME = "kubernetes.io/metadata.name"


def check(context: Context) -> Violations:
    """Parent references whose Gateway is in the input; others are not known."""
    links = chain(context)
    for route in links.routes:
        for i, parent in maps(route.get("spec", "parentRefs")):
            if parent.get("kind", "Gateway") != "Gateway" or not plain(text(parent.get("name"))):
                continue
            namespace = text(parent.get("namespace")) or route.namespace
            name = text(parent.get("name"))
            gateways = links.nearest("Gateway", namespace, name, route.resource, GATEWAY_API)
            reasons = [_refused(links, route, parent, gateway) for gateway in gateways]
            if reasons and all(reasons):
                yield violation(
                    f"{reasons[0]} ({route.kind} {route.name})",
                    route.place("spec", "parentRefs", i),
                    gateways[0].place("spec", "listeners", key=True, note="the listeners"),
                )


def _refused(links: Chain, route: ApiObject, parent: dict[str, Any], gateway: ApiObject) -> str:
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
    return "" if not all(reasons) else str(reasons[0])


def _by(links: Chain, route: ApiObject, listener: dict[str, Any], gateway: ApiObject) -> str:
    """Why a listener refuses the route; empty when it does not, or when that is not known."""
    allowed = as_dict(listener.get("allowedRoutes"))
    name = text(listener.get("name"))
    kinds = [k.get("kind") for _, k in maps(allowed.get("kinds"))]
    if kinds and route.kind not in kinds:
        return f"listener {name} accepts {', '.join(map(str, kinds))} only"
    if listener.get("protocol") in ("TCP", "UDP", "TLS"):
        return f"listener {name} has the protocol {listener['protocol']}, not HTTP"
    namespaces = as_dict(allowed.get("namespaces"))
    origin = namespaces.get("from", "Same")
    if origin == "None":
        return f"listener {name} accepts no routes"
    if origin == "Same" and route.namespace and gateway.namespace != route.namespace:
        return f"listener {name} accepts routes of namespace {gateway.namespace} only"
    if origin == "Selector" and not _selected(links, route, as_dict(namespaces.get("selector"))):
        return f"listener {name} does not select namespace {route.namespace}"
    hosts = [h for h in as_list(route.get("spec", "hostnames")) if isinstance(h, str)]
    host = text(listener.get("hostname"))
    if hosts and host and not any(_meets(h, host) for h in hosts):
        return f"listener {name} has the hostname {host}, the route {', '.join(hosts)}"
    return ""


def _selected(links: Chain, route: ApiObject, selector: dict[str, Any]) -> bool:
    """True as well where the labels of the namespace are not in the input."""
    if not route.namespace:
        return True
    found = links.find("Namespace", "", route.namespace, "")
    # Every namespace bears its name as a label; the others are known from the input alone.
    labels = {_OWN_NAME: route.namespace}
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
