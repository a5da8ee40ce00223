"""Rules for requests in ambient mode, and no waypoint that carries them out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API
from stackgen.checks.serving.mesh import NETWORKING, SECURITY, WAYPOINT, ambient, namespaces
from stackgen.facts.shape import as_list, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import labels_of

_OPERATIONS = ("hosts", "notHosts", "methods", "notMethods", "paths", "notPaths")
_SOURCES = ("requestPrincipals", "notRequestPrincipals", "remoteIpBlocks", "notRemoteIpBlocks")


def check(context: Context) -> Violations:
    """One finding for each object of an ambient namespace of which nothing uses a waypoint."""
    for resource, path in (*_routes(context), *_policies(context)):
        space = resource.namespace
        if ambient(context, space) and not _has_waypoint(context, space):
            yield violation(
                f"{resource.kind} {resource.name} applies to HTTP requests, but namespace "
                f"{space} has no waypoint",
                Place(resource, path),
            )


def _routes(context: Context) -> Iterator[tuple[Resource, Path]]:
    """Routes of the mesh, not of gateways."""
    for service in context.bundle.of_kind("VirtualService", NETWORKING):
        gateways = as_list(service.get("spec", "gateways"))
        if service.get("spec", "http") and (not gateways or "mesh" in gateways):
            yield service, ("spec", "http")
    for route in context.bundle.of_kind("HTTPRoute", GATEWAY_API):
        for i, parent in maps(route.get("spec", "parentRefs")):
            if parent.get("kind") == "Service":
                yield route, ("spec", "parentRefs", i)


def _policies(context: Context) -> Iterator[tuple[Resource, Path]]:
    """Policies that read more of a request than ztunnel sees, and those for a Service.

    Other targetRefs name a waypoint.
    """
    for policy in context.bundle.of_kind("AuthorizationPolicy", SECURITY):
        targets = list(maps(policy.get("spec", "targetRefs")))
        if targets or policy.get("spec", "targetRef"):
            for i, target in targets:
                if target.get("kind") == "Service":
                    yield policy, ("spec", "targetRefs", i)
            continue
        for i, rule in maps(policy.get("spec", "rules")):
            if _reads_requests(rule):
                yield policy, ("spec", "rules", i)
                break


def _reads_requests(rule: dict[str, Any]) -> bool:
    operations = any(
        at(one, "operation", word) for _, one in maps(rule.get("to")) for word in _OPERATIONS
    )
    sources = any(at(one, "source", word) for _, one in maps(rule.get("from")) for word in _SOURCES)
    keys = [text(one.get("key")) for _, one in maps(rule.get("when"))]
    return operations or sources or any(key.startswith("request.") for key in keys)


def _has_waypoint(context: Context, space: str) -> bool:
    if namespaces(context).get(space, {}).get(WAYPOINT, "none") != "none":
        return True
    return any(
        labels_of(one.metadata).get(WAYPOINT, "none") != "none"
        for kind in ("Service", "ServiceEntry")
        for one in context.bundle.of_kind(kind)
        if one.namespace == space
    )
