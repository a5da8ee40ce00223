"""A name so long that names of children are hashed."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.names import LONGEST, LONGEST_SUFFIX, child_name

RULE = Rule(
    id="serving-name-long",
    family="serving",
    severity=Severity.INFO,
    summary="The names of the controller's objects are cut and hashed.",
    impact=(
        "Names such as <name>-kserve-self-signed-certs cannot be foretold; what refers to them "
        "misses."
    ),
    remedy="Use 38 characters at most.",
    source="knative kmeta.ChildName, as KServe uses it",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen2-5-coder-32b-instruct-production-eu, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each service whose longest child's name is hashed."""
    for service in services(context):
        room = LONGEST - len(LONGEST_SUFFIX)
        if room < len(service.name) <= LONGEST:
            child = child_name(service.name, LONGEST_SUFFIX)
            yield RULE.finding(
                f"the name has {len(service.name)} characters: its Secret will be called {child}",
                service.place("metadata", "name"),
            )
