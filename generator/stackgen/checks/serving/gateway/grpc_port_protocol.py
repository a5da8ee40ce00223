"""A GRPCRoute of Istio to a port that does not say that it speaks HTTP/2."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain, is_service
from stackgen.checks.serving.gateway_routes import controlled_routes
from stackgen.facts.shape import maps, plain, text
from stackgen.findings.model import Violations, violation

_ISTIO = "istio.io/gateway-controller"
# The protocol is that of appProtocol, or the beginning of the name of the port. TLS is passed on.
_HTTP2 = ("grpc", "http2", "https", "tls", "kubernetes.io/h2c", "kubernetes.io/wss")


def check(context: Context) -> Violations:
    """One finding for each backend."""
    links = chain(context)
    for route, _, row in controlled_routes(context):
        if route.kind != "GRPCRoute" or row.controller != _ISTIO:
            continue
        for path, backend in links.backends(route):
            name, namespace = text(backend.get("name")), text(backend.get("namespace"))
            space = namespace or route.namespace
            service = links.find("Service", space, name, "") if is_service(backend) else None
            if service is None:
                continue
            for i, port in maps(service.get("spec", "ports")):
                said = text(port.get("appProtocol")) or text(port.get("name"))
                if port.get("port") != backend.get("port") or not plain(said):
                    continue
                if not said.lower().startswith(_HTTP2):
                    yield violation(
                        f"port {port.get('port')} of Service {name} has neither a name that begins "
                        "with grpc nor an appProtocol",
                        service.place("spec", "ports", i, "port"),
                        route.place(*path, note="the route to it"),
                    )
