"""A number format that TPUs do not use."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="dtype-half-on-tpu",
    family="tpu",
    severity=Severity.WARNING,
    summary="--dtype asks for float16 or float32 on TPU.",
    impact=(
        "Older images warn and use bfloat16; newer ones convert nothing: slower, twice the "
        "memory, or an error."
    ),
    remedy="Write --dtype=bfloat16, or leave the flag out.",
    source=(
        "torch_xla platform of vLLM: its warning in public logs; vllm-project/tpu- "
        "inference@b8692ff"
    ),
    bad="args: [--dtype=half]",
    good="args: [--dtype=bfloat16]",
)


WRONG = {"half", "float16", "fp16", "float", "float32"}


def check(context: Context) -> Iterator[Finding]:
    """One finding for each TPU server with such a flag."""
    for workload in view(context).tpu_servers:
        server = workload.server
        dtype = server.line.text("dtype") if server else None
        if server is not None and dtype in WRONG:
            yield RULE.finding(
                f"--dtype={dtype} on a TPU, which computes in bfloat16",
                Place(workload.resource, server.line.flags["dtype"].path),
            )
