"""A route to a port that the Service does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain, is_service
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import maps, text

RULE = Rule(
    id="route-backend-port",
    family="serving",
    severity=Severity.ERROR,
    summary="A backendRef names a port that the Service does not have.",
    impact="Every request of the rule gets 500; the route says ResolvedRefs: False.",
    remedy="Use the port of the Service, not the port of the container.",
    source="Gateway API: BackendRef port is the port of the Service",
    bad="""\
apiVersion: v1
kind: Service
metadata: {name: qwen, namespace: serving}
spec:
  selector: {app: qwen}
  ports: [{name: http, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: qwen, namespace: serving}
spec:
  parentRefs: [{name: inference-gateway, namespace: gateways}]
  rules: [{backendRefs: [{name: qwen, port: 8000}]}]
""",
    good="""\
apiVersion: v1
kind: Service
metadata: {name: qwen, namespace: serving}
spec:
  selector: {app: qwen}
  ports: [{name: http, port: 8000}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: qwen, namespace: serving}
spec:
  parentRefs: [{name: inference-gateway, namespace: gateways}]
  rules: [{backendRefs: [{name: qwen, port: 8000}]}]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """References to Services that are in the input, or that the controller makes."""
    links = chain(context)
    for route in links.routes:
        if route.service is not None and route.service.resource.get(*_OWN_RULES) is None:
            continue
        for path, backend in links.backends(route):
            port = backend.get("port")
            if not is_service(backend) or not isinstance(port, int):
                continue
            namespace = text(backend.get("namespace")) or route.namespace
            service = links.find("Service", namespace, text(backend.get("name")), "")
            ports = (
                [p.get("port") for _, p in maps(service.get("spec", "ports"))] if service else []
            )
            if service is not None and ports and port not in ports:
                offered = ", ".join(str(p) for p in ports)
                yield RULE.finding(
                    f"Service {service.name} has no port {port}; it has {offered}",
                    route.place(*path, "port"),
                    service.place("spec", "ports", key=True, note="its ports"),
                )


_OWN_RULES = ("spec", "router", "route", "http", "spec", "rules")
