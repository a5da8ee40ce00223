"""More stages of a pipeline than the model has layers."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.models import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

FLAG = "pipeline-parallel-size"

RULE = Rule(
    id="pp-exceeds-layers",
    family="tpu",
    severity=Severity.WARNING,
    summary="The pipeline has more stages than the model has layers.",
    impact="A stage would be without a layer: the engine does not start.",
    remedy=(
        "Take a smaller slice, or split layers over the hosts with --tensor-parallel-size and "
        "--pipeline-parallel-size=1."
    ),
    source="Inferred: vLLM deals whole layers out to the stages of a pipeline",
    confidence="medium",
    bad="args: [--model=Qwen/Qwen2.5-0.5B-Instruct, --pipeline-parallel-size=64]   # 24 layers",
    good="args: [--model=Qwen/Qwen2.5-0.5B-Instruct, --pipeline-parallel-size=4]",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server of a known model."""
    seen = view(context)
    for workload in seen.workloads:
        model, server, stages = seen.model(workload), workload.server, split_of(workload).pipeline
        if model is None or server is None or not stages or stages <= model.integer("layers"):
            continue
        layers = model.integer("layers")
        yield RULE.finding(
            f"{model.row.key} has {layers} layers, fewer than the {stages} stages of the pipeline",
            Place(workload.resource, server.line.flags[FLAG].path),
            Place(workload.resource, model.path, note=f"{layers} layers"),
        )
