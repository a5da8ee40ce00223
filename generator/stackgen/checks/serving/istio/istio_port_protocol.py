"""HTTP routes of Istio for a port that Istio takes for TCP, by the name of the Service's port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, chain
from stackgen.checks.serving.mesh import NETWORKING, full_host
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_SUFFIX = ".svc.cluster.local"
_NOT_HTTP = frozenset({"tcp", "udp", "mongo", "mysql", "redis"})


def check(context: Context) -> Violations:
    """One finding for each destination of a route of the mesh."""
    links = chain(context)
    named = [(service, entry) for service in links.of("Service", "") for entry in _tcp(service)]
    if not named:
        return
    for route in context.bundle.of_kind("VirtualService", NETWORKING):
        gateways = [text(one) for one in as_list(route.get("spec", "gateways"))]
        if gateways and "mesh" not in gateways:
            continue  # a gateway knows the protocol by its own listener
        for path, host, port in _destinations(route):
            for service, entry in named:
                if host == f"{service.name}.{service.namespace}{_SUFFIX}" and _means(entry, port):
                    yield _finding(route, path, service, entry, "its http routes")


def _finding(by: Resource, path: Path, service: ApiObject, entry: dict[str, Any], what: str) -> Any:
    return violation(
        f"port {entry.get('port')} of Service {service.name} has the name {entry.get('name')}, so "
        f"that Istio takes it for TCP; {by.kind} {by.name} has {what}",
        Place(by, path),
        service.place("spec", "ports", key=True, note="the port"),
    )


def _ports(service: ApiObject) -> Iterator[dict[str, Any]]:
    yield from (entry for _, entry in maps(service.get("spec", "ports")))


def _tcp(service: ApiObject) -> Iterator[dict[str, Any]]:
    """The ports whose name begins with another protocol than HTTP, without appProtocol."""
    for entry in _ports(service):
        name = text(entry.get("name"))
        said = name.partition("-")[0].lower()
        if said in _NOT_HTTP and not entry.get("appProtocol") and plain(name):
            yield entry


def _means(entry: dict[str, Any], port: object) -> bool:
    return port in (None, entry.get("port"))


def _destinations(route: Resource) -> Iterator[tuple[Path, str, object]]:
    """The path, the full host and the port of each destination of an HTTP route."""
    for i, rule in maps(route.get("spec", "http")):
        for j, one in maps(rule.get("route")):
            to = as_dict(one.get("destination"))
            path: Path = ("spec", "http", i, "route", j, "destination")
            port = as_dict(to.get("port")).get("number")
            yield path, full_host(text(to.get("host")), route.namespace), port
