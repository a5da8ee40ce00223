"""A number is outside the bounds of the API."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-range",
    family="schema",
    severity=Severity.ERROR,
    summary="A number is outside the bounds of the API.",
    impact="The API server refuses the object.",
    remedy="Keep the number within the bounds that the message names.",
    source="kube-apiserver 1.36, recorded answers; minimum and maximum of the API",
    bad="""\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference, namespace: gateways}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 70000, protocol: HTTP}]
""",
    good="""\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference, namespace: gateways}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 8080, protocol: HTTP}]
""",
)
