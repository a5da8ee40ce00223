"""An annotation key is malformed, or the annotations are too large."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-annotation",
    family="schema",
    severity=Severity.ERROR,
    summary="An annotation key is malformed, or the annotations are too large.",
    impact="The API server refuses the object.",
    remedy=(
        "Keys are an optional DNS name and /, then up to 63 letters, digits, -, _ and .; "
        "all together at most 256 KiB."
    ),
    source="kube-apiserver 1.36, recorded answers; annotation syntax",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving, annotations: {"a b": "1"}}
spec:
  model: {uri: "hf://org/model", name: org/model}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving, annotations: {example.com/note: any text}}
spec:
  model: {uri: "hf://org/model", name: org/model}
""",
)
