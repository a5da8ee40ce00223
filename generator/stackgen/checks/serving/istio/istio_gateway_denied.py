"""An AuthorizationPolicy that does not allow the Gateway of a route to its backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import (
    GATEWAY_API,
    POOL_GROUPS,
    ApiObject,
    Chain,
    Pods,
    chain,
    is_pool,
    is_service,
)
from stackgen.checks.serving.gateway_routes import refused
from stackgen.checks.serving.istio.allowed_requests import refused_hosts, refused_paths
from stackgen.checks.serving.istio.allowed_sources import allows, covers
from stackgen.checks.serving.istio.denied_clients import denied_scrapes, denied_waypoints
from stackgen.checks.serving.istio.policy_hosts import unserved_hosts
from stackgen.checks.serving.mesh import (
    NETWORKING,
    SECURITY,
    full_host,
    past_proxy,
    without_proxy,
)
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, matches, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_ROOT = "istio-system"
_FEW = 8  # policies of one place; more are not read together
_OF_GATEWAY = "gateway.networking.k8s.io/gateway-name"
_HOSTS = ("spec", "http", "*", "route", "*", "destination", "host")
_SUFFIX = ".svc.cluster.local"


def check(context: Context) -> Violations:
    """One finding for each policy and Gateway of Istio that leads to Pods of the policy."""
    yield from unserved_hosts(context)
    links = chain(context)
    allowing = [
        p
        for p in context.bundle.of_kind("AuthorizationPolicy", SECURITY)
        if text(p.get("spec", "action")) in ("", "ALLOW")
    ]
    policies = [
        p for p in allowing if not (p.get("spec", "targetRefs") or p.get("spec", "targetRef"))
    ]
    if policies:
        yield from _by_virtual_services(context, links, policies)
        yield from denied_waypoints(context, links, policies)
        yield from denied_scrapes(context, policies)
    yield from _at_gateways(context, links, allowing)
    told: set[tuple[int, str]] = set()
    for route in links.routes if policies else ():
        for space, gateway in _gateways(links, route):
            for pods, ports in _behind(context, links, route):
                here = [p for p in policies if covers(p, pods)]
                allowed = (allows(p, space, f"{gateway}-istio", ports) for p in here)
                if 0 < len(here) <= _FEW and (id(here[0]), "") not in told:
                    known = list(allowed)
                    hosts, paths = refused_hosts(here, route), refused_paths(here, route)
                    found = list(_requests(here, route, pods.owner.name, hosts, paths))
                    found = found if all(known) else []
                    told |= {(id(here[0]), "")} if found else set()
                    yield from found
                    allowed = (one for one in known)
                if not here or any(allowed):
                    continue
                if (id(here[0]), space) not in told:
                    told.add((id(here[0]), space))
                    yield violation(
                        f"AuthorizationPolicy {here[0].name} allows no request from Gateway "
                        f"{gateway} in namespace {space}, which leads to {pods.owner.name}",
                        Place(here[0], ("spec", "rules"), key=True),
                        route.place("spec", "parentRefs"),
                    )


def _at_gateways(context: Context, links: Chain, policies: list[Resource]) -> Violations:
    """Routes of which the policies of their own Gateway allow no host or path."""
    by_space: dict[str, list[Resource]] = {}
    for policy in policies:
        by_space.setdefault(policy.namespace, []).append(policy)
    routes: dict[tuple[str, str], list[ApiObject]] = {}
    for route in links.routes if policies else ():
        for parent in dict.fromkeys(_gateways(links, route)):
            routes.setdefault(parent, []).append(route)
    for gateway in context.bundle.of_kind("Gateway", GATEWAY_API) if policies else ():
        near = [x for s in dict.fromkeys((gateway.namespace, _ROOT)) for x in by_space.get(s, ())]
        if not 0 < len(near) <= _FEW:
            continue
        judged = [_is_for(one, gateway) for one in near]
        here = [one for one, known in zip(near, judged, strict=True) if known]
        for route in routes.get((gateway.namespace, gateway.name), ()):
            if here and None not in judged:
                ports = _ports(links, route, gateway)
                hosts = refused_hosts(here, route, ports)
                paths = refused_paths(here, route, ports, rewritten=False)
                yield from _requests(here, route, f"Gateway {gateway.name}", hosts, paths)


def _ports(links: Chain, route: ApiObject, gateway: Resource) -> set[int]:
    """The ports of the listeners of a Gateway that accept a route."""
    found = set()
    for _, parent in maps(route.get("spec", "parentRefs")):
        for _, listener in maps(gateway.get("spec", "listeners")):
            alone = ApiObject(gateway, {**gateway.data, "spec": {"listeners": [listener]}})
            port = listener.get("port")
            named = parent.get("name") == gateway.name
            if named and isinstance(port, int) and not refused(links, route, parent, alone):
                found.add(port)
    return found


def _is_for(policy: Resource, gateway: Resource) -> bool | None:
    """Whether a policy judges the requests to the proxies of a Gateway; None if not known."""
    refs = [*as_list(policy.get("spec", "targetRefs")), policy.get("spec", "targetRef")]
    named = [as_dict(one) for one in refs if one]
    near = policy.namespace in (gateway.namespace, _ROOT)
    if named:
        whole = [x for x in named if (x.get("kind"), x.get("name")) == ("Gateway", gateway.name)]
        return policy.namespace == gateway.namespace and bool(whole)
    labels = as_dict(policy.get("spec", "selector", "matchLabels"))
    if not near or not labels:
        return near
    return labels[_OF_GATEWAY] == gateway.name if set(labels) == {_OF_GATEWAY} else None


def _requests(
    policies: list[Resource], route: ApiObject, at: str, hosts: list[str], paths: list[str]
) -> Violations:
    """Hosts and paths of a route that no rule of the policies allows."""
    what, some = ("host", hosts) if hosts else ("path", paths)
    if some:
        yield violation(
            f"AuthorizationPolicy {policies[0].name} allows no request to {at} with the {what} "
            f"{visible(some[0])} of {route.kind} {route.name}",
            Place(policies[0], ("spec", "rules"), key=True),
            route.place("spec", "hostnames" if hosts else "rules", key=True),
        )


def _by_virtual_services(context: Context, links: Chain, policies: list[Resource]) -> Violations:
    """The same for Gateways of Istio's own API whose Pods are in the input."""
    told: set[int] = set()
    for route in context.bundle.of_kind("VirtualService", NETWORKING):
        proxies = list(_proxies(context, links, route))
        for path, host in matches(route.data, _HOSTS) if proxies else ():
            full = full_host(host, route.namespace) if isinstance(host, str) else ""
            name, _, space = full.removesuffix(_SUFFIX).partition(".")
            if not full.endswith(_SUFFIX):
                continue
            for pods, ports in _pods(context, links, space, {"name": name}):
                here = [p for p in policies if covers(p, pods)]
                denied = [p for p in proxies if not any(allows(h, *p, ports) for h in here)]
                if here and denied and id(here[0]) not in told:
                    told.add(id(here[0]))
                    yield violation(
                        f"AuthorizationPolicy {here[0].name} allows no request from the gateway in "
                        f"namespace {denied[0][0]}, which leads to {pods.owner.name}",
                        Place(here[0], ("spec", "rules"), key=True),
                        Place(route, path),
                    )


def _proxies(context: Context, links: Chain, route: Resource) -> Iterator[tuple[str, str]]:
    """Namespace and account of the Pods of the Gateways that a VirtualService names."""
    for name in as_list(route.get("spec", "gateways")):
        space, _, own = str(name).rpartition("/")
        for gateway in context.bundle.named("Gateway", space or route.namespace, own):
            chosen = as_dict(gateway.get("spec", "selector"))
            found = links.everywhere({"matchLabels": chosen}) if chosen else []
            for pods, sure in found if gateway.group == NETWORKING else ():
                if sure and pods.owner.namespace:
                    yield (
                        pods.owner.namespace,
                        text(pods.spec.get("serviceAccountName")) or "default",
                    )


def _gateways(links: Chain, route: ApiObject) -> Iterator[tuple[str, str]]:
    """Namespace and name of the parents that are Gateways of Istio in the input."""
    for _, parent in maps(route.get("spec", "parentRefs")):
        space = text(parent.get("namespace")) or route.namespace
        gateway = links.find("Gateway", space, text(parent.get("name")))
        if gateway is not None and text(gateway.get("spec", "gatewayClassName")) == "istio":
            yield space, gateway.name


def _behind(context: Context, links: Chain, route: ApiObject) -> Iterator[tuple[Pods, list[int]]]:
    """The Pods behind the Services and pools of a route whose proxies see its requests.

    Each with the ports that requests reach; none if one of them is not known.
    """
    for _, backend in links.backends(route):
        space = text(backend.get("namespace")) or route.namespace
        yield from _pods(context, links, space, backend)


def _pods(
    context: Context, links: Chain, space: str, backend: Mapping[str, Any]
) -> Iterator[tuple[Pods, list[int]]]:
    chosen, ports = _chosen(links, space, backend)
    for pods in links.selected(space, chosen) if chosen else ():
        numbers = [_number(pods, port) for port in ports]
        left_out = [n is not None and past_proxy(context, pods, n) for n in numbers]
        if not without_proxy(context, pods) and not (left_out and all(left_out)):
            yield pods, [n for n in numbers if n is not None] if None not in numbers else []


def _chosen(
    links: Chain, space: str, backend: Mapping[str, Any]
) -> tuple[Mapping[str, Any], list[Any]]:
    """The labels and the target ports of a backend."""
    if is_pool(backend):
        pool = links.find("InferencePool", space, text(backend.get("name")), *POOL_GROUPS)
        given = as_dict(pool.get("spec", "selector")) if pool is not None else {}
        listed = maps(pool.get("spec", "targetPorts")) if pool is not None else ()
        former = pool.get("spec", "targetPortNumber") if pool is not None else None
        ports = [*(one.get("number") for _, one in listed), *([former] if former else ())]
        return as_dict(given.get("matchLabels", given)), ports
    service = links.find("Service", space, text(backend.get("name")), "")
    if service is None or not is_service(backend):
        return {}, []
    listed = maps(service.get("spec", "ports"))
    ports = [port.get("targetPort", port.get("port")) for _, port in listed]
    return as_dict(service.get("spec", "selector")), ports


def _number(pods: Pods, port: Any) -> int | None:
    """The number of a target port, which may be the name of a container port."""
    named = {name: number for name, number in pods.ports() if name}
    return named.get(port) if isinstance(port, str) else port if isinstance(port, int) else None
