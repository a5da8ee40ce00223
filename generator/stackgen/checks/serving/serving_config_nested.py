"""A config that refers to other configs."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import CONFIG_KIND
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.release import GROUP
from stackgen.kserve.shape import listing

RULE = Rule(
    id="serving-config-nested",
    family="serving",
    severity=Severity.ERROR,
    summary="An LLMInferenceServiceConfig refers to further configs.",
    impact="KServe's admission webhook refuses the object.",
    remedy="List all configs in baseRefs of the LLMInferenceService.",
    source="KServe config_validator.go (release-v0.15)",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceServiceConfig
metadata: {name: tpu, namespace: serving}
spec:
  baseRefs: [{name: common}]
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceServiceConfig
metadata: {name: tpu, namespace: serving}
spec:
  replicas: 2
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each config with baseRefs."""
    for resource in context.bundle.of_kind(CONFIG_KIND, GROUP):
        if listing(resource.get("spec", "baseRefs")):
            place = Place(resource, ("spec", "baseRefs"), key=True)
            yield RULE.finding(f"config {resource.name} refers to other configs", place)
