"""bfloat16 on a GPU without it."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import GPU_ACCELERATOR
from stackgen.findings.model import Place, Severity, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each server on GPUs without bfloat16."""
    seen = view(context)
    inside = {id(workload) for workload in seen.in_others}
    for workload in (*seen.workloads, *seen.in_others):
        server, label = workload.server, workload.label(GPU_ACCELERATOR)
        row = seen.catalog.accelerator_of_label(label) if label and server else None
        if server is None or row is None or row.data.get("bf16") is not False:
            continue
        dtype = server.line.text("dtype")
        model, other = seen.model(workload), id(workload) in inside
        auto = not other and dtype in (None, "auto") and server.line.complete and server.line.vllm
        if auto and workload.whole and model and model.row.data.get("dtype") == "bfloat16":
            yield violation(
                f"{model.row.key} is stored in bfloat16, which {label} does not support, and "
                "--dtype is not "
                "set",
                Place(workload.resource, server.line.path),
                Place(workload.resource, workload.labels[GPU_ACCELERATOR].path, note="the GPU"),
                severity=Severity.WARNING,
                confidence="medium",
                impact="Older vLLM versions exit at start: bfloat16 needs compute capability 8.0. "
                "Newer versions use half instead.",
            )
        # Another server runs models in vLLM that are known to be supported by it.
        if dtype == "bfloat16" and (not other or model is not None):
            yield violation(
                f"--dtype={dtype} on {label}, which does not support bfloat16",
                Place(workload.resource, server.line.flags["dtype"].path),
                Place(workload.resource, workload.labels[GPU_ACCELERATOR].path, note="the GPU"),
                confidence="medium" if other else None,
            )
