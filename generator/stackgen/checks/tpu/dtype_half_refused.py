"""float16 for a model that overflows in it."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="dtype-half-refused",
    family="tpu",
    severity=Severity.ERROR,
    summary="A model is to compute in float16, in which vLLM refuses it.",
    impact="vLLM stops at once: the model type does not support float16. It restarts for ever.",
    remedy="Serve it on GPUs with bfloat16 (L4, A100, H100) or on TPUs, or take another model.",
    source="vLLM 0.11 vllm/config/model.py: model types refused in float16 (Gemma 2 and 3, GLM-4)",
    bad="args: [--model=google/gemma-2-9b-it, --dtype=half]",
    good="args: [--model=google/gemma-2-9b-it, --dtype=bfloat16]",
)

HALF = {"half", "float16", "fp16"}


def check(context: Context) -> Iterator[Finding]:
    """One finding for each GPU server of a known model; of TPUs dtype-half-on-tpu speaks."""
    seen = view(context)
    for workload in seen.gpu_servers:
        server, model = workload.server, seen.model(workload)
        dtype = server.line.text("dtype") if server is not None else None
        if server is None or model is None or dtype not in HALF:
            continue
        if model.row.data.get("float16") is False:
            yield RULE.finding(
                f"{model.row.key} does not run in float16; --dtype={dtype} asks for it",
                Place(workload.resource, server.line.flags["dtype"].path),
                Place(workload.resource, model.path, note="the model"),
            )
