"""The waypoints of ambient mode that the labels of Services and namespaces name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, ApiObject, chain
from stackgen.checks.serving.mesh import WAYPOINT, namespaces
from stackgen.facts.shape import at, maps, text
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import labels_of

WAYPOINT_SPACE = "istio.io/use-waypoint-namespace"
_OPERATIONS = ("hosts", "notHosts", "methods", "notMethods", "paths", "notPaths")
_SOURCES = ("requestPrincipals", "notRequestPrincipals", "remoteIpBlocks", "notRemoteIpBlocks")
_FOR = "istio.io/waypoint-for"


def waypoint_of(context: Context, service: Resource) -> ApiObject | None:
    """The waypoint of a Service, where the input has it."""
    labels = labels_of(service.metadata)
    if WAYPOINT not in labels:
        labels = namespaces(context).get(service.namespace, {})
    return named_waypoint(context, labels, service.namespace)


def named_waypoint(context: Context, labels: dict[str, str], namespace: str) -> ApiObject | None:
    """The waypoint that labels name, where the input has it. namespace: of what has the labels."""
    name, space = labels.get(WAYPOINT, "none"), labels.get(WAYPOINT_SPACE, namespace)
    return None if name == "none" else chain(context).find("Gateway", space, name, GATEWAY_API)


def carries(waypoint: ApiObject, what: str) -> bool:
    """Whether a waypoint takes the traffic to Services, or to workloads. what: one of the two."""
    return labels_of(waypoint.resource.metadata).get(_FOR, "service") in (what, "all")


def reads_requests(policy: Resource) -> bool:
    """Whether a policy reads more of requests than ztunnel sees."""
    return any(reads_request(rule) for _, rule in maps(policy.get("spec", "rules")))


def reads_request(rule: Mapping[str, Any]) -> bool:
    """Whether one of its rules does."""
    operations = any(
        at(one, "operation", word) for _, one in maps(rule.get("to")) for word in _OPERATIONS
    )
    sources = any(at(one, "source", word) for _, one in maps(rule.get("from")) for word in _SOURCES)
    keys = [text(one.get("key")) for _, one in maps(rule.get("when"))]
    return operations or sources or any(key.startswith("request.") for key in keys)
