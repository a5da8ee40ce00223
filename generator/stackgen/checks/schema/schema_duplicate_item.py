"""Two items of a list are the same where the API wants each once."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-duplicate-item",
    family="schema",
    severity=Severity.ERROR,
    summary="Two items of a list are the same where the API wants each once.",
    impact="The API server refuses the object.",
    remedy="Remove one of the items, or give it another key.",
    source=(
        "kube-apiserver 1.36, recorded answers; list types set and map, after defaults are "
        "filled in"
    ),
    bad="""\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference, namespace: gateways}
spec:
  gatewayClassName: istio
  listeners:
    - {name: http, port: 80, protocol: HTTP}
    - {name: http, port: 8080, protocol: HTTP}
""",
    good="""\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference, namespace: gateways}
spec:
  gatewayClassName: istio
  listeners:
    - {name: http, port: 80, protocol: HTTP}
    - {name: alt, port: 8080, protocol: HTTP}
""",
)
