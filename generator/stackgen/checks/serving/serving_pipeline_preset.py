"""Pipeline parallelism, for which there is no preset."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.presets import PIPELINE, PREFIX
from stackgen.kserve.shape import mapping

RULE = Rule(
    id="serving-pipeline-preset",
    family="serving",
    severity=Severity.WARNING,
    summary="Pipeline parallelism over several hosts needs a preset that no release ships.",
    impact=(
        "The controller reports that it cannot get the LLMInferenceServiceConfig; no pod is "
        "created."
    ),
    remedy=(
        "Create the config kserve-config-llm-worker-pipeline-parallel, or use data and dataLocal."
    ),
    source="KServe config_merge.go: unimplemented well-known configs, release-v0.15 to master",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  parallelism: {pipeline: 2, tensor: 4}
  template: {containers: [{name: main}]}
  worker: {containers: [{name: main}]}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  parallelism: {data: 8, dataLocal: 4}
  template: {containers: [{name: main}]}
  worker: {containers: [{name: main}]}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Groups by pipeline whose config is not in the input."""
    seen = view(context)
    for service in seen.services:
        split = isinstance(service.own.get("prefill"), dict)
        for base, data in service.halves():
            values = mapping(data.get("parallelism"))
            if not isinstance(data.get("worker"), dict) or not values.get("pipeline"):
                continue
            prefix = "prefill-" if "prefill" in base else "decode-" if split else ""
            name = f"{PREFIX}{prefix}{PIPELINE}"
            if seen.configs(service.namespace, name) or seen.configs(seen.newest.namespace, name):
                continue
            yield RULE.finding(
                f"the controller looks for {name}, which no release ships",
                Place(service.resource, (*base, "parallelism", "pipeline"), key=True),
            )
