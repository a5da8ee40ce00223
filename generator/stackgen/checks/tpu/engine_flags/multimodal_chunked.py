"""A multimodal model without the flag that vLLM sets itself on TPU."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each such server whose command line is known."""
    seen = view(context)
    for workload in seen.tpu_servers:
        model, server = seen.model(workload), workload.server
        if model is None or server is None or not server.line.complete or not server.line.vllm:
            continue
        flags = server.line.flags
        limited = "limit-mm-per-prompt" in flags or "language-model-only" in flags
        if not model.row.data.get("multimodal") or "disable-chunked-mm-input" in flags or limited:
            continue
        yield violation(
            f"{model.row.key} is multimodal, and vLLM sets --disable-chunked-mm-input itself",
            Place(workload.resource, server.line.path),
            Place(workload.resource, model.path, note="the model"),
        )
