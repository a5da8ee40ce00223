"""A context longer than the model has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation

SCALED = ("rope-scaling", "hf-overrides", "rope-theta", "hf-config-path")
ALLOWED = "VLLM_ALLOW_LONG_MAX_MODEL_LEN"


def check(context: Context) -> Violations:
    """One finding for each server of a known model."""
    seen = view(context)
    for workload in seen.workloads:
        model, server = seen.model(workload), workload.server
        if model is None or server is None or not server.line.complete:
            continue
        asked, known = server.line.number("max-model-len"), model.integer("max_context")
        if asked is None or asked <= known or ALLOWED in server.env:
            continue
        if any(name in server.line.flags for name in SCALED):
            continue
        yield violation(
            f"{model.row.key} has a context of {known} tokens; --max-model-len is {asked}",
            Place(workload.resource, server.line.flags["max-model-len"].path),
            Place(workload.resource, model.path, note=f"{known} tokens"),
            remedy=f"Set `--max-model-len={known}`."
            if context.stack is None
            else f"Set `maxModelLen: {known}`.",
        )
