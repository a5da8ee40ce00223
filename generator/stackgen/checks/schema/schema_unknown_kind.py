"""No schema is known for this kind, or not in this version."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-unknown-kind",
    family="schema",
    severity=Severity.ERROR,
    summary="No schema is known for this kind, or not in this version.",
    impact=(
        "Nothing about the object was checked. A version the cluster does not serve is "
        "refused as a whole."
    ),
    remedy=("Correct apiVersion and kind, or import the definition: stackgen schemas import FILE."),
    source="schemas/MANIFEST lists every kind and version that is known",
    bad="""\
apiVersion: serving.kserve.io/v1alpha9
kind: LLMInferenceService
metadata: {name: chat, namespace: serving}
spec: {}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving}
spec:
  model: {uri: "hf://org/model", name: org/model}
""",
)
