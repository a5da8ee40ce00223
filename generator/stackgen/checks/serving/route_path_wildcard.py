"""A star in a path, which is no wildcard."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import mapping, maps, text

RULE = Rule(
    id="route-path-wildcard",
    family="serving",
    severity=Severity.ERROR,
    summary="A path match has a star, which the Gateway API takes literally.",
    impact="The rule matches no request; clients get 404, or another rule answers.",
    remedy="Use PathPrefix without the star, or type RegularExpression.",
    source="Gateway API: HTTPPathMatch has no wildcards",
    bad="""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: qwen, namespace: serving}
spec:
  parentRefs: [{name: inference-gateway, namespace: gateways}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /serving/*/v1}}]
      backendRefs: [{name: qwen, port: 8000}]
""",
    good="""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: qwen, namespace: serving}
spec:
  parentRefs: [{name: inference-gateway, namespace: gateways}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /serving}}]
      backendRefs: [{name: qwen, port: 8000}]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Stars in Exact and PathPrefix matches of routes that somebody wrote."""
    for route in chain(context).routes:
        for i, rule in maps(route.get("spec", "rules")):
            for j, match in maps(rule.get("matches")):
                path = mapping(match.get("path"))
                value = text(path.get("value"))
                if "*" in value and path.get("type", "PathPrefix") in ("Exact", "PathPrefix"):
                    yield RULE.finding(
                        f"the star in {value} matches a star only",
                        route.place("spec", "rules", i, "matches", j, "path", "value"),
                    )
