"""A gateway that is named without its namespace."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import mapping, maps

RULE = Rule(
    id="gateway-ref-namespace",
    family="serving",
    severity=Severity.ERROR,
    summary="A gateway reference has no namespace.",
    impact="The controller writes an empty namespace into the route, which the API server refuses.",
    remedy="Write the gateway's namespace, even when it is the service's own.",
    source="KServe release-v0.15 config_merge.go",
    bad="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, gateway: {refs: [{name: inference-gateway}]}}
""",
    good="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, gateway: {refs: [{name: inference-gateway, namespace: opendatahub}]}}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """References without namespace, for releases that pass them on like that."""
    seen = view(context)
    if not seen.newest.writes_empty_gateway_namespace:
        return
    for service in seen.services:
        gateway = mapping(mapping(service.spec.get("router")).get("gateway"))
        for i, ref in maps(gateway.get("refs")):
            if not ref.get("namespace"):
                yield RULE.finding(
                    f"gateway {ref.get('name')} has no namespace",
                    service.place("spec", "router", "gateway", "refs", i),
                )
