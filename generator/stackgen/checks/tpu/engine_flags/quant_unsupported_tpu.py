"""A quantisation that vLLM on TPU does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Severity, Violations, violation

OFFERED = {
    "compressed-tensors", "auto_awq", "awq", "fp8", "gpt_oss_mxfp4", "mxfp4", "modelopt_fp4",
    "deepseek_v4_fp8",
}  # fmt: skip
REFUSED = ("gptq", "bitsandbytes", "gguf")
# What only older builds on torch_xla offered.
ELSEWHERE = {"tpu_int8"}


def check(context: Context) -> Violations:
    """One finding for each TPU server; a warning where the list may have grown."""
    for workload in view(context).tpu_servers:
        server = workload.server
        method = server.line.text("quantization") if server else None
        if server is None or not method or method in OFFERED | ELSEWHERE or method == "None":
            continue
        sure = method.startswith(REFUSED)
        yield violation(
            f"vLLM on TPU has no quantization {method!r}",
            Place(workload.resource, server.line.flags["quantization"].path),
            severity=None if sure else Severity.WARNING,
            confidence=None if sure else "medium",
        )
