"""FP8 on chips that do not compute in it."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
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
                yield RULE.finding(
                    f"--{name} {value}: {generation.key} computes in {', '.join(native)}",
                    Place(workload.resource, server.line.flags[name].path),
                )
