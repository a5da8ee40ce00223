"""A built-in kind breaks a rule of its own that no schema states."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-native",
    family="schema",
    severity=Severity.ERROR,
    summary="A built-in kind breaks a rule of its own that no schema states.",
    impact="The API server refuses the object.",
    remedy="Change the fields as the message says.",
    source="kube-apiserver 1.36, recorded answers; validation of built-in kinds",
    bad="""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, namespace: serving}
spec:
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: talk}}
    spec: {containers: [{name: main, image: "example.com/chat:1"}]}
""",
    good="""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, namespace: serving}
spec:
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec: {containers: [{name: main, image: "example.com/chat:1"}]}
""",
)
