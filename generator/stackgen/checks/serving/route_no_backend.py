"""A rule that sends requests nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import listing, maps

RULE = Rule(
    id="route-no-backend",
    family="serving",
    severity=Severity.WARNING,
    summary="A rule of the route has neither a backend nor a redirect.",
    impact="Requests that match get 500.",
    remedy="Add backendRefs, or remove the rule.",
    source="Gateway API: HTTPRouteRule without backendRefs forwards nothing",
    bad="""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: qwen, namespace: serving}
spec:
  parentRefs: [{name: inference-gateway, namespace: gateways}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /chat}}]
""",
    good="""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: qwen, namespace: serving}
spec:
  parentRefs: [{name: inference-gateway, namespace: gateways}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /chat}}]
      backendRefs: [{name: qwen, port: 8000}]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Rules of routes that somebody wrote."""
    for route in chain(context).routes:
        for i, rule in maps(route.get("spec", "rules")):
            filters = [f.get("type") for _, f in maps(rule.get("filters"))]
            if listing(rule.get("backendRefs")) or filters:
                continue
            if route.service is None or route.service.resource.get(*_OWN):
                yield RULE.finding(
                    f"rule {i} of {route.kind} {route.name} has no backend",
                    route.place("spec", "rules", i),
                )


_OWN = ("spec", "router", "route", "http", "spec", "rules")
