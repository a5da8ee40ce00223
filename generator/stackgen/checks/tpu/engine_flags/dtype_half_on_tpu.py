"""A number format that TPUs do not use."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation

WRONG = {"half", "float16", "fp16", "float", "float32"}


def check(context: Context) -> Violations:
    """One finding for each TPU server with such a flag."""
    for workload in view(context).tpu_servers:
        server = workload.server
        dtype = server.line.text("dtype") if server else None
        if server is not None and dtype in WRONG:
            yield violation(
                f"--dtype={dtype} on a TPU, which computes in bfloat16",
                Place(workload.resource, server.line.flags["dtype"].path),
            )
