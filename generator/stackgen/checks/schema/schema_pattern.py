"""A text does not have the form that the API wants."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-pattern",
    family="schema",
    severity=Severity.ERROR,
    summary="A text does not have the form that the API wants.",
    impact="The API server refuses the object.",
    remedy="Write the text in the form that the message shows.",
    source="kube-apiserver 1.36, recorded answers; patterns of the API",
    bad="""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: chat, namespace: serving}
spec:
  parentRefs: [{name: Inference_Gateway, namespace: Gateways}]
  rules: [{backendRefs: [{name: chat, port: 8000}]}]
""",
    good="""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: chat, namespace: serving}
spec:
  parentRefs: [{name: inference-gateway, namespace: gateways}]
  rules: [{backendRefs: [{name: chat, port: 8000}]}]
""",
)
