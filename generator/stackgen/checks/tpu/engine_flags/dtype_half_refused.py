"""float16 for a model that overflows in it."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation

HALF = {"half", "float16", "fp16"}


def check(context: Context) -> Violations:
    """One finding for each GPU server of a known model; of TPUs dtype-half-on-tpu speaks."""
    seen = view(context)
    for workload in seen.gpu_servers:
        server, model = workload.server, seen.model(workload)
        dtype = server.line.text("dtype") if server is not None else None
        if server is None or model is None or dtype not in HALF:
            continue
        if model.row.data.get("float16") is False:
            yield violation(
                f"{model.row.key} does not support float16, but --dtype={dtype} sets it",
                Place(workload.resource, server.line.flags["dtype"].path),
                Place(workload.resource, model.path, note="the model"),
            )
