"""Rules for requests in ambient mode, and no waypoint that carries them out."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, ApiObject, chain
from stackgen.checks.serving.gateway_routes import gateways_of, refused_namespace
from stackgen.checks.serving.istio.waypoints import (
    carries,
    named_waypoint,
    reads_request,
    waypoint_of,
)
from stackgen.checks.serving.mesh import (
    NETWORKING,
    SECURITY,
    WAYPOINT,
    ambient,
    namespaces,
)
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import labels_of

_INGRESS, _SIDECAR = "istio.io/ingress-use-waypoint", "sidecar.istio.io/inject"


def check(context: Context) -> Violations:
    """One finding for each object of an ambient namespace that no waypoint carries out."""
    for resource, path in (*_routes(context), *_policies(context)):
        space = resource.namespace
        if not ambient(context, space):
            continue
        if _has_waypoint(context, space):
            waypoint = waypoint_of(context, _judged(context, resource, path))
            if waypoint is not None and not carries(waypoint, "service"):
                yield violation(
                    f"{resource.kind} {resource.name} is for requests to a Service, and waypoint "
                    f"{waypoint.name} takes those to addresses of Pods only",
                    Place(resource, path),
                    waypoint.place("metadata", "labels", note="the waypoint"),
                )
            elif _is_for_ztunnel(context, resource):
                yield violation(
                    f"AuthorizationPolicy {resource.name} applies to HTTP requests, but without "
                    "targetRefs it applies in ztunnel, and not in a waypoint",
                    Place(resource, path),
                )
        else:
            yield violation(
                f"{resource.kind} {resource.name} applies to HTTP requests, but namespace "
                f"{space} has no waypoint",
                Place(resource, path),
            )
    yield from _bypassed(context)
    yield from _not_admitted(context)


def _judged(context: Context, resource: Resource, path: Path) -> Resource:
    """The Service that a policy or route names, whose labels count first; else the object."""
    name = text(as_dict(resource.get(*path)).get("name")) if path[-1:] != ("http",) else ""
    found = chain(context).find("Service", resource.namespace, name, "") if name else None
    return found.resource if found is not None else resource


def _not_admitted(context: Context) -> Violations:
    """Namespaces and Services with a waypoint of another namespace, which does not admit them."""
    links = chain(context)
    for kind in ("Namespace", "Service", "ServiceEntry"):
        for one in context.bundle.of_kind(kind):
            labels = labels_of(one.metadata)
            space = one.name if kind == "Namespace" else one.namespace
            waypoint = named_waypoint(context, labels, space)
            if waypoint is None or waypoint.namespace == space:
                continue
            listeners = [entry for _, entry in maps(waypoint.get("spec", "listeners"))]
            why = [refused_namespace(links, space, entry, waypoint) for entry in listeners]
            if why and all(why):
                yield violation(
                    f"waypoint {waypoint.namespace}/{waypoint.name} does not admit namespace "
                    f"{space}: {why[0]}",
                    Place(one, ("metadata", "labels", WAYPOINT)),
                    waypoint.place("spec", "listeners", key=True, note="the listeners"),
                )


def _is_for_ztunnel(context: Context, resource: Resource) -> bool:
    """Whether the object is a policy without targetRefs for Pods of the input, no gateways."""
    if resource.kind != "AuthorizationPolicy" or resource.get("spec", "targetRefs"):
        return False
    chosen = as_dict(resource.get("spec", "selector", "matchLabels"))
    pods = chain(context).selected(resource.namespace, chosen) if chosen else []
    return bool(pods) and not any(one.labels.get(_SIDECAR) == "true" for one in pods)


def _bypassed(context: Context) -> Violations:
    """Policies of a waypoint for a Service that an ingress gateway reaches directly."""
    links = chain(context)
    for route in links.of("HTTPRoute", GATEWAY_API):
        classes = {text(g.get("spec", "gatewayClassName")) for g in gateways_of(links, route)}
        if "istio" not in classes:
            continue
        for _, rule in maps(route.get("spec", "rules")):
            for _, backend in maps(rule.get("backendRefs")):
                space = text(backend.get("namespace")) or route.namespace
                service = links.find("Service", space, text(backend.get("name")), "")
                if (
                    service is None
                    or not ambient(context, space)
                    or _takes_ingress(context, service)
                ):
                    continue
                for policy, path in _of_waypoint(context, service):
                    yield violation(
                        f"requests through a Gateway of class istio reach Service {service.name} "
                        f"without its waypoint, where {policy.kind} {policy.name} applies",
                        Place(policy, path),
                        service.place("metadata", "labels"),
                    )


def _takes_ingress(context: Context, service: ApiObject) -> bool:
    """Whether the Service has no waypoint, or its waypoint is also for ingress gateways."""
    own, space = (
        labels_of(service.resource.metadata),
        namespaces(context).get(service.namespace, {}),
    )
    if own.get(WAYPOINT, space.get(WAYPOINT, "none")) == "none":
        return True
    return "true" in (own.get(_INGRESS), space.get(_INGRESS))


def _of_waypoint(context: Context, service: ApiObject) -> Iterator[tuple[Resource, Path]]:
    """The policies for the Service, or for its waypoint."""
    own, space = (
        labels_of(service.resource.metadata),
        namespaces(context).get(service.namespace, {}),
    )
    waypoint = own.get(WAYPOINT, space.get(WAYPOINT, ""))
    wanted = {("Service", service.name), ("Gateway", waypoint)}
    for kind in ("AuthorizationPolicy", "RequestAuthentication"):
        for policy in context.bundle.of_kind(kind, SECURITY):
            for i, target in maps(policy.get("spec", "targetRefs")):
                here = (text(target.get("kind")), text(target.get("name"))) in wanted
                if here and policy.namespace == service.namespace:
                    yield policy, ("spec", "targetRefs", i)


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
            if reads_request(rule):
                yield policy, ("spec", "rules", i)
                break


def _has_waypoint(context: Context, space: str) -> bool:
    if namespaces(context).get(space, {}).get(WAYPOINT, "none") != "none":
        return True
    return any(
        labels_of(one.metadata).get(WAYPOINT, "none") != "none"
        for kind in ("Service", "ServiceEntry")
        for one in context.bundle.of_kind(kind)
        if one.namespace == space
    )
