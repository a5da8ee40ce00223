"""The name, namespace or a finalizer breaks the rules for names of its kind."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-name",
    family="schema",
    severity=Severity.ERROR,
    summary="The name, namespace or a finalizer breaks the rules for names of its kind.",
    impact="The API server refuses the object.",
    remedy=(
        "Most names take lower-case letters, digits, - and ., up to 253; some kinds take fewer."
    ),
    source="kube-apiserver 1.36, recorded answers; DNS-1123 subdomains and labels",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: Chat_Model, namespace: serving}
spec:
  model: {uri: "hf://org/model", name: org/model}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat-model, namespace: serving}
spec:
  model: {uri: "hf://org/model", name: org/model}
""",
)
