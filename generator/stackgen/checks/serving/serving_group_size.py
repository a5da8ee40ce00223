"""Data parallelism that does not divide into pods."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.shape import mapping, number

RULE = Rule(
    id="serving-group-size",
    family="serving",
    severity=Severity.WARNING,
    summary="The ranks of data parallelism do not divide into pods.",
    impact="The group has data / dataLocal pods, rounded down: ranks are missing, vLLM waits.",
    remedy="Make data a multiple of dataLocal.",
    source="KServe workload_multi_node.go: size of the group is data / dataLocal",
    confidence="medium",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  parallelism: {data: 10, dataLocal: 4}
  worker: {containers: [{name: main}]}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  parallelism: {data: 8, dataLocal: 4}
  worker: {containers: [{name: main}]}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each part whose data is no multiple of dataLocal."""
    for service in services(context):
        for base, data in service.halves():
            values = mapping(data.get("parallelism"))
            total, local = number(values.get("data")), number(values.get("dataLocal"))
            if total and local and total > 0 and local > 0 and total % local:
                yield RULE.finding(
                    f"data {total} is not a multiple of dataLocal {local}",
                    Place(service.resource, (*base, "parallelism", "data")),
                    Place(service.resource, (*base, "parallelism", "dataLocal"), note="per pod"),
                )
