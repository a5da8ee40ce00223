"""The model's full context, by default."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import counted

LONG = 131072
SMALL = 8  # chips


def check(context: Context) -> Violations:
    """One finding for each server of a known model with a long context."""
    seen = view(context)
    for workload in seen.tpu_servers:
        model, server, shape = seen.model(workload), workload.server, seen.target(workload).shape
        if model is None or server is None or shape is None or not server.line.complete:
            continue
        context_length = model.integer("max_context")
        if context_length < LONG or shape.chips > SMALL or not server.line.vllm:
            continue
        if "max-model-len" not in server.line.flags:
            yield violation(
                f"{model.row.key} uses its full context of {context_length} tokens on "
                f"{counted(shape.chips, 'chip')}",
                Place(workload.resource, server.line.path),
                Place(workload.resource, model.path, note="the model"),
            )
