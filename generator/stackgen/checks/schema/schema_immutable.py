"""A field changes that cannot change once the object exists."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-immutable",
    family="schema",
    severity=Severity.ERROR,
    summary="A field changes that cannot change once the object exists.",
    impact=(
        "The API server refuses the update; the object stays as it is until it is deleted "
        "and made anew."
    ),
    remedy="Keep the value, or plan to replace the object.",
    source="kube-apiserver 1.36, recorded answers; transition rules and immutable fields",
    bad="""\
# compared with an earlier version whose controllerName is example.com/one
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: inference}
spec: {controllerName: example.com/other}
""",
    good="""\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: inference}
spec: {controllerName: example.com/one}
""",
)
