"""Fields that are each valid do not go together."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-cross-field",
    family="schema",
    severity=Severity.ERROR,
    summary="Fields that are each valid do not go together.",
    impact="The API server refuses the object.",
    remedy="Change one of the fields as the message says.",
    source=(
        "kube-apiserver 1.36, recorded answers; validation rules of the definitions, "
        "restated in schemas/rules.yaml"
    ),
    bad="""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: chat, namespace: serving}
spec:
  parentRefs: [{name: inference, namespace: gateways}]
  rules:
    - filters: [{type: RequestRedirect}]
""",
    good="""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: chat, namespace: serving}
spec:
  parentRefs: [{name: inference, namespace: gateways}]
  rules:
    - filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]
""",
)
