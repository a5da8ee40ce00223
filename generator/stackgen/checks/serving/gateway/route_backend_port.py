"""A route to a port that the Service does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain, chain, is_service
from stackgen.facts.shape import as_dict, maps, matches, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path


def check(context: Context) -> Violations:
    """References to Services that are in the input, or that the controller makes."""
    links = chain(context)
    for route in links.routes:
        if route.service is not None and route.service.resource.get(*_OWN_RULES) is None:
            continue
        for path, backend in links.backends(route):
            port = backend.get("port")
            if is_service(backend) and isinstance(port, int):
                namespace = text(backend.get("namespace")) or route.namespace
                name = text(backend.get("name"))
                yield from _port(links, route, (*path, "port"), namespace, name, port)
    for ingress in links.of("Ingress", "networking.k8s.io"):
        for path, backend in _backends(ingress):
            given = as_dict(backend.get("port"))
            for key in ("number", "name"):
                port = given.get(key)
                if isinstance(port, (int, str)):
                    name = text(backend.get("name"))
                    where = (*path, "port", key)
                    yield from _port(links, ingress, where, ingress.namespace, name, port)


def _port(
    links: Chain, by: ApiObject, path: Path, namespace: str, name: str, port: int | str
) -> Violations:
    field = "port" if isinstance(port, int) else "name"
    services = links.nearest("Service", namespace, name, by.resource, "")
    listed = [[p for _, p in maps(one.get("spec", "ports"))] for one in services]
    if not listed or any(not ports for ports in listed):
        return
    if all(port not in [entry.get(field) for entry in ports] for ports in listed):
        offered = ", ".join(str(entry.get(field, entry.get("port"))) for entry in listed[0])
        yield violation(
            f"Service {name} has no port {port}; it has {offered}",
            by.place(*path),
            services[0].place("spec", "ports", key=True, note="its ports"),
        )


def _backends(ingress: ApiObject) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The Services of an Ingress, with their paths."""
    for at in (("spec", "defaultBackend"), ("spec", "rules", "*", "http", "paths", "*", "backend")):
        for path, backend in matches(ingress.data, (*at, "service")):
            yield path, as_dict(backend)


_OWN_RULES = ("spec", "router", "route", "http", "spec", "rules")
