"""bfloat16 on a GPU without it."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import GPU_ACCELERATOR
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server on GPUs without bfloat16."""
    seen = view(context)
    for workload in seen.workloads:
        server, label = workload.server, workload.label(GPU_ACCELERATOR)
        row = seen.catalog.accelerator_of_label(label) if label and server else None
        if server is None or row is None or row.data.get("bf16") is not False:
            continue
        dtype = server.line.text("dtype")
        model = seen.model(workload)
        auto = dtype in (None, "auto") and server.line.complete and server.line.vllm
        if auto and workload.whole and model and model.row.data.get("dtype") == "bfloat16":
            yield RULE.finding(
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
        if dtype == "bfloat16":
            yield RULE.finding(
                f"--dtype={dtype} on {label}, which does not support bfloat16",
                Place(workload.resource, server.line.flags["dtype"].path),
                Place(workload.resource, workload.labels[GPU_ACCELERATOR].path, note="the GPU"),
            )
