"""Labels that part the pods from their Service."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.names import Names, server_selector
from stackgen.kserve.shape import mapping, plain

RULE = Rule(
    id="serving-label-override",
    family="serving",
    severity=Severity.WARNING,
    summary="A label in spec.labels overrides one by which KServe finds the pods.",
    impact=(
        "The service's own Service and InferencePool select no pod; another service may get its "
        "requests."
    ),
    remedy="Leave app.kubernetes.io/name, part-of and kserve.io/component to KServe.",
    source="KServe workload_single_node.go: spec.labels are laid over the labels of the pods",
    confidence="medium",
    bad="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}}
  labels: {app.kubernetes.io/name: other}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}}
  labels: {team: search}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Labels of the user's that differ from what Service and pool select."""
    seen = view(context)
    if "labels" not in seen.newest.fields:
        return
    for service in seen.services:
        routed = isinstance(service.own.get("router"), dict)
        for key, wanted in server_selector(service.name).items():
            for base, data in service.halves():
                value = mapping(data.get("labels")).get(key)
                if isinstance(value, str) and value != wanted and plain(value):
                    yield RULE.finding(
                        f"the pods bear {key}: {value}; "
                        f"{Names(service.name).service} selects {wanted}",
                        Place(service.resource, (*base, "labels", key)),
                        severity=None if routed else Severity.INFO,
                    )
