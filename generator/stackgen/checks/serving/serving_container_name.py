"""A model server under a name that KServe does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import MAIN, services
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import mapping, maps, named, text

RULE = Rule(
    id="serving-container-name",
    family="serving",
    severity=Severity.ERROR,
    summary="The model server is not in the container `main`.",
    impact=(
        "A container of another name runs beside the preset's `main`: two servers, one of them "
        "without accelerators."
    ),
    remedy="Call the container of the model server main.",
    source="KServe config-llm-template: the preset brings main, and containers are merged by name",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: vllm
        image: vllm/vllm-openai:v0.11.0
        resources: {limits: {nvidia.com/gpu: "1"}}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        image: vllm/vllm-openai:v0.11.0
        resources: {limits: {nvidia.com/gpu: "1"}}
""",
)


_SERVER = re.compile(r"vllm|llm-d|rhaiis|rhaii/|tgi|sglang|inference-sim")


def check(context: Context) -> Iterator[Finding]:
    """Templates without `main` whose other container looks like a model server."""
    for service in services(context):
        for part in service.parts():
            containers = part.own.get("containers")
            if not service.whole or named(containers, MAIN) is not None:
                continue
            for i, container in maps(containers):
                if _serves(container):
                    yield RULE.finding(
                        f"container {text(container.get('name'))} is added beside the preset's "
                        "main, which still runs",
                        part.place("containers", i, "name"),
                    )


def _serves(container: dict[str, Any]) -> bool:
    limits = mapping(mapping(container.get("resources")).get("limits"))
    if any("gpu" in str(key) or "tpu" in str(key) for key in limits):
        return True
    return bool(_SERVER.search(text(container.get("image"))))
