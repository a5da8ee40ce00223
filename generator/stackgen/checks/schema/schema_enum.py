"""A value is none of those the API knows."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-enum",
    family="schema",
    severity=Severity.ERROR,
    summary="A value is none of those the API knows.",
    impact="The API server refuses the object.",
    remedy="Choose one of the values that the message lists; case counts.",
    source="kube-apiserver 1.36, recorded answers; enumerations of the API",
    bad="""\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference, namespace: gateways}
spec:
  gatewayClassName: istio
  listeners:
    - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Everywhere}}}
""",
    good="""\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference, namespace: gateways}
spec:
  gatewayClassName: istio
  listeners:
    - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
""",
)
