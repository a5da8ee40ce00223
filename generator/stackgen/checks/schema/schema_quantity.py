"""A value is no quantity of a resource."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-quantity",
    family="schema",
    severity=Severity.ERROR,
    summary="A value is no quantity of a resource.",
    impact="The API server refuses the object.",
    remedy=("Write digits and one of the suffixes m, k, M, G, T, P, E or Ki, Mi, Gi, Ti, Pi, Ei."),
    source=(
        "kube-apiserver 1.36, recorded answers; built-in kinds and custom resources read "
        "quantities by two grammars"
    ),
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving}
spec:
  model: {uri: "hf://org/model", name: org/model}
  template:
    containers:
      - name: main
        resources: {requests: {memory: 16GB}}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving}
spec:
  model: {uri: "hf://org/model", name: org/model}
  template:
    containers:
      - name: main
        resources: {requests: {memory: 16Gi}}
""",
)
