"""FP8 on chips that do not compute in it."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each flag that asks for FP8."""
    seen = view(context)
    for workload in seen.tpu_servers:
        server, generation = workload.server, seen.target(workload).generation
        native = generation.data.get("native_dtypes") if generation else None
        if server is None or generation is None or not native:
            continue
        if any(str(n).startswith("fp8") for n in native):
            continue
        for name in ("quantization", "kv-cache-dtype"):
            value = server.line.text(name)
            if value is not None and value.startswith("fp8"):
                yield violation(
                    f"--{name} {value}: {generation.key} computes in {', '.join(native)}",
                    Place(workload.resource, server.line.flags[name].path),
                )
