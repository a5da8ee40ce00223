"""Attention heads that cannot be dealt out."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.models import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tp-heads-indivisible",
    family="tpu",
    severity=Severity.ERROR,
    summary="The model's attention heads do not divide by the tensor parallel size.",
    impact=(
        "vLLM stops at once: the total number of attention heads must be divisible by the "
        "tensor parallel size. The container restarts for ever."
    ),
    remedy="Choose a tensor parallel size that divides the heads, and a slice with as many chips.",
    source="vLLM: error text in public logs; head counts from the catalogue (models.yaml)",
    bad="args: [--model=Qwen/Qwen2.5-7B-Instruct, --tensor-parallel-size=8]   # 28 heads",
    good="args: [--model=Qwen/Qwen2.5-7B-Instruct, --tensor-parallel-size=4]",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server of a known model."""
    seen = view(context)
    for workload in seen.workloads:
        model, server, size = seen.model(workload), workload.server, split_of(workload).tensor
        if model is None or server is None or not size:
            continue
        heads = model.integer("attention_heads")
        if heads % size == 0:
            continue
        flag = server.line.flags["tensor-parallel-size"]
        fitting = [n for n in range(1, size + 1) if heads % n == 0]
        yield RULE.finding(
            f"{model.row.key} has {heads} attention heads, which do not divide by tensor "
            f"parallel size {size}",
            Place(workload.resource, flag.path),
            Place(workload.resource, model.path, note=f"{heads} heads"),
            remedy=f"sizes that divide {heads} heads: {', '.join(map(str, fitting))}",
        )
