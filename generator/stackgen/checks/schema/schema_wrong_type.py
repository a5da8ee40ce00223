"""A value has another type than the API wants."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-wrong-type",
    family="schema",
    severity=Severity.ERROR,
    summary="A value has another type than the API wants.",
    impact="The API server refuses the object.",
    remedy=(
        "Write the value in the type the message names; quotes make a text, no quotes a "
        "number or true/false."
    ),
    source="kube-apiserver 1.36, recorded answers; structural schemas",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving}
spec:
  model: {uri: "hf://org/model", name: org/model}
  replicas: "2"
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving}
spec:
  model: {uri: "hf://org/model", name: org/model}
  replicas: 2
""",
)
