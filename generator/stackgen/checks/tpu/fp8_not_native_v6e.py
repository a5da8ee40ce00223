"""FP8 on chips that do not compute in it."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="fp8-not-native-v6e",
    family="tpu",
    severity=Severity.INFO,
    summary="FP8 weights or cache on a TPU generation without FP8 arithmetic.",
    impact=(
        "Memory is saved, time is not: the chip computes in bfloat16. Only tpu7x computes in FP8."
    ),
    remedy="Nothing, when memory is what you want; else int8, or tpu7x.",
    source="vllm-project/tpu-inference@b8692ff support matrices: v6e has bf16, int8, int4",
    bad="""\
nodeSelector: {cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice}
args: [--quantization=fp8]
""",
    good="""\
nodeSelector: {cloud.google.com/gke-tpu-accelerator: tpu7x}
args: [--quantization=fp8]
""",
)


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
