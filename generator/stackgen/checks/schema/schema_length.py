"""A text, list or map is too short or too long."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-length",
    family="schema",
    severity=Severity.ERROR,
    summary="A text, list or map is too short or too long.",
    impact="The API server refuses the object.",
    remedy="Keep to the number that the message names.",
    source="kube-apiserver 1.36, recorded answers; length bounds of the API",
    bad="""\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference, namespace: gateways}
spec:
  gatewayClassName: ""
  listeners: [{name: http, port: 80, protocol: HTTP}]
""",
    good="""\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference, namespace: gateways}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP}]
""",
)
