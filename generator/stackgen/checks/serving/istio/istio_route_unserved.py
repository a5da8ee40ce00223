"""A VirtualService whose port or hosts nothing serves."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, chain
from stackgen.checks.serving.mesh import NETWORKING, full_host
from stackgen.checks.serving.provided import provided
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, matches, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_SUFFIX = ".svc.cluster.local"
_HOSTS = ("spec", "hosts")


def check(context: Context) -> Violations:
    """One finding for each destination, and for each Gateway."""
    links = chain(context)
    for route in context.bundle.of_kind("VirtualService", NETWORKING):
        for protocol in ("http", "tcp", "tls"):
            at = ("spec", protocol, "*", "route", "*", "destination")
            for path, destination in matches(route.data, at):
                port = as_dict(as_dict(destination).get("port")).get("number")
                ports = _ports(links, route, text(as_dict(destination).get("host")))
                if isinstance(port, int) and ports and port not in ports:
                    yield violation(
                        f"Service {text(destination['host'])} has no port {port}; it has "
                        f"{', '.join(map(str, ports))}",
                        Place(route, (*path, "port", "number")),
                    )
        hosts = [text(one) for one in as_list(route.get("spec", "hosts"))]
        alone = not provided(context).composed(route)  # a patch may add gateways
        if alone and not as_list(route.get("spec", "gateways")):
            yield from _without_gateways(links, route, hosts)
        for gateway in _gateways(links, route) if hosts and all(map(plain, hosts)) else ():
            there = Place(gateway, ("spec", "servers"), key=True, note="the Gateway")
            served = list(dict.fromkeys(_served(gateway, route.namespace)))
            if served and all(map(plain, served)) and not _shared(hosts, served):
                yield violation(
                    f"Gateway {gateway.name} serves {', '.join(map(visible, served[:3]))}, and not "
                    f"{', '.join(map(visible, hosts[:3]))}",
                    Place(route, ("spec", "hosts")),
                    there,
                )
            elif not served and (spaces := _spaces(gateway)):
                yield violation(
                    f"Gateway {gateway.name} serves VirtualServices of namespace "
                    f"{', '.join(map(visible, spaces))} only",
                    Place(route, ("spec", "gateways")),
                    there,
                )
            elif _passes_through(gateway, route, hosts):
                yield violation(
                    f"Gateway {gateway.name} passes TLS through (tls.mode PASSTHROUGH), and "
                    f"VirtualService {route.name} has no tls routes",
                    Place(route, ("spec", "http"), key=True),
                    there,
                )


def _without_gateways(links: Chain, route: Resource, hosts: list[str]) -> Violations:
    """Routes of the mesh for a host that only clients outside of the mesh ask for."""
    taken = {
        text(host)
        for kind, fields in (("ServiceEntry", ("spec", "hosts")), ("VirtualService", _HOSTS))
        for other in links.of(kind, NETWORKING)
        if other.resource is not route and (kind == "ServiceEntry" or other.get("spec", "gateways"))
        for host in as_list(other.get(*fields))
    }
    for gateway in links.of("Gateway", NETWORKING):
        served = [one for one in _served(gateway.resource, route.namespace) if one != "*"]
        outer = [h for h in hosts if h in served and plain(h) and "*" not in h and h not in taken]
        if outer and len(outer) == len(hosts):
            yield violation(
                f"VirtualService {route.name} has no gateways, so it applies to sidecars only; "
                f"Gateway {gateway.name} serves {visible(outer[0])} without a route",
                Place(route, ("spec", "hosts")),
                Place(gateway.resource, ("spec", "servers"), key=True, note="the Gateway"),
            )
            return


def _ports(links: Chain, route: Resource, host: str) -> list[int]:
    """The ports of the Service in the input that a host means; empty if they are not known."""
    name, _, space = full_host(host, route.namespace).removesuffix(_SUFFIX).partition(".")
    service = links.find("Service", space, name, "") if plain(host) else None
    if service is None or service.get("spec", "type") == "ExternalName":
        return []
    ports = [port.get("port") for _, port in maps(service.get("spec", "ports"))]
    return [port for port in ports if isinstance(port, int)] if ports else []


def _gateways(links: Chain, route: Resource) -> Iterator[Resource]:
    """The Gateways of the input that a VirtualService names; none of several samples."""
    for named in as_list(route.get("spec", "gateways")):
        space, slash, name = text(named).rpartition("/")
        space = space if slash else route.namespace
        found = links.nearest("Gateway", space, name, route, NETWORKING)
        if len(found) == 1:
            yield found[0].resource


def _served(gateway: Resource, namespace: str) -> Iterator[str]:
    """The hosts that a Gateway serves for VirtualServices of a namespace."""
    for server in _servers(gateway):
        for one in as_list(server.get("hosts")):
            space, slash, host = text(one).rpartition("/")
            own = gateway.namespace if space == "." else space
            if not slash or own in ("*", namespace):
                yield host


def _servers(gateway: Resource) -> list[dict[str, Any]]:
    """The servers of a Gateway of Istio; of several, those that do not only redirect to HTTPS."""
    if gateway.group != NETWORKING:
        return []
    servers = [server for _, server in maps(gateway.get("spec", "servers"))]
    own = [one for one in servers if as_dict(one.get("tls")).get("httpsRedirect") is not True]
    return own or servers


def _spaces(gateway: Resource) -> list[str]:
    """The namespaces that all hosts of a Gateway name; empty if one of them is not known."""
    hosts = [text(one) for server in _servers(gateway) for one in as_list(server.get("hosts"))]
    named = [one.partition("/")[0] if "/" in one else "" for one in hosts]
    spaces = [gateway.namespace if one == "." else one for one in named]
    return sorted(set(spaces)) if all(one and plain(one) for one in spaces) else []


def _passes_through(gateway: Resource, route: Resource, hosts: list[str]) -> bool:
    """Whether HTTP routes have only servers that do not decrypt requests."""
    if not route.get("spec", "http") or route.get("spec", "tls") or route.get("spec", "tcp"):
        return False
    modes = [
        text(as_dict(server.get("tls")).get("mode"))
        for server in _servers(gateway)
        if _shared(hosts, [text(x).rpartition("/")[2] for x in as_list(server.get("hosts"))])
    ]
    return bool(modes) and all(mode in ("PASSTHROUGH", "AUTO_PASSTHROUGH") for mode in modes)


def _shared(hosts: list[str], served: list[str]) -> bool:
    """Whether a host is served; either may have a wildcard."""
    pairs = [(a, b) for a in hosts for b in served]
    return any(fnmatchcase(a, b) or fnmatchcase(b, a) for a, b in pairs)
