"""A label key or value breaks the rules for labels."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-label",
    family="schema",
    severity=Severity.ERROR,
    summary="A label key or value breaks the rules for labels.",
    impact="The API server refuses the object.",
    remedy=(
        "Keys are an optional DNS name and /, then up to 63 letters, digits, -, _ and .; "
        "values the same without /."
    ),
    source="kube-apiserver 1.36, recorded answers; label syntax",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving, labels: {model: "org/chat"}}
spec:
  model: {uri: "hf://org/model", name: org/model}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving, labels: {model: org-chat}}
spec:
  model: {uri: "hf://org/model", name: org/model}
""",
)
