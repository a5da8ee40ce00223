"""More stages of a pipeline than the model has layers."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation

FLAG = "pipeline-parallel-size"


def check(context: Context) -> Violations:
    """One finding for each server of a known model."""
    seen = view(context)
    for workload in seen.workloads:
        model, server, stages = seen.model(workload), workload.server, split_of(workload).pipeline
        if model is None or server is None or not stages or stages <= model.integer("layers"):
            continue
        layers = model.integer("layers")
        yield violation(
            f"{model.row.key} has {layers} layers, fewer than the {stages} stages of the pipeline",
            Place(workload.resource, server.line.flags[FLAG].path),
            Place(workload.resource, model.path, note=f"{layers} layers"),
        )
