"""A confidential model whose key cannot be asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import mapping, plain, text

RULE = Rule(
    id="serving-confidential-refused",
    family="serving",
    severity=Severity.ERROR,
    summary="The resource of a confidential model is no address of a key broker.",
    impact="The admission webhook of KServe refuses the service.",
    remedy="Write it as kbs:///repository/type/tag.",
    source="KServe llm_inference_service_validation.go:846",
    bad="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model:
    uri: hf://Qwen/Qwen3-0.6B
    name: qwen
    confidential: {enabled: true, resourceId: default/key/1}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model:
    uri: hf://Qwen/Qwen3-0.6B
    name: qwen
    confidential: {enabled: true, resourceId: "kbs:///default/key/1"}
""",
)
_ADDRESS = re.compile(r"kbs:///[^/\s]+/[^/\s]+/[^/\s]+")


def check(context: Context) -> Iterator[Finding]:
    """Resources that are written out, and switched on."""
    for service in view(context).services:
        said = mapping(mapping(service.spec.get("model")).get("confidential"))
        resource = text(said.get("resourceId"))
        if said.get("enabled") is not True or not resource or not plain(resource):
            continue
        if not _ADDRESS.fullmatch(resource):
            yield RULE.finding(
                f"{resource} is not of the form kbs:///repository/type/tag",
                service.place("spec", "model", "confidential", "resourceId"),
            )
