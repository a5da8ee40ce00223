"""A value is null where the API wants one."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-null",
    family="schema",
    severity=Severity.ERROR,
    summary="A value is null where the API wants one.",
    impact="The API server refuses the object.",
    remedy="Give the value, or remove the item.",
    source=(
        "kube-apiserver 1.36, recorded answers; null in lists and required fields of custom"
        " resources"
    ),
    bad="""\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: gateway, namespace: gateways}
spec:
  secretName: gateway-tls
  issuerRef: {name: ca}
  dnsNames: [null]
""",
    good="""\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: gateway, namespace: gateways}
spec:
  secretName: gateway-tls
  issuerRef: {name: ca}
  dnsNames: [chat.example.com]
""",
)
