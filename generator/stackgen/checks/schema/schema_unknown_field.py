"""A field does not exist in the API."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-unknown-field",
    family="schema",
    severity=Severity.ERROR,
    summary="A field does not exist in the API.",
    impact=(
        "The API server refuses the object when fields are validated strictly, as kubectl "
        "does; otherwise it drops the field and what was meant never happens."
    ),
    remedy=(
        "Correct the spelling or the place of the field; the message names the nearest known one."
    ),
    source="kube-apiserver 1.36, recorded answers; fieldValidation=Strict",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving}
spec:
  model: {uri: "hf://org/model", name: org/model}
  replica: 2
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
