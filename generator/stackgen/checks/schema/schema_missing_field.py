"""A required field is missing."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-missing-field",
    family="schema",
    severity=Severity.ERROR,
    summary="A required field is missing.",
    impact="The API server refuses the object.",
    remedy="Add the field.",
    source="kube-apiserver 1.36, recorded answers; structural schemas",
    bad="""\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: gateway, namespace: gateways}
spec:
  secretName: gateway-tls
  dnsNames: [chat.example.com]
""",
    good="""\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: gateway, namespace: gateways}
spec:
  secretName: gateway-tls
  dnsNames: [chat.example.com]
  issuerRef: {name: ca, kind: ClusterIssuer}
""",
)
