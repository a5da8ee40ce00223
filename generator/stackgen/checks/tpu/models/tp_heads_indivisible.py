"""Attention heads that cannot be dealt out."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
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
        matching = [n for n in range(1, min(size, heads) + 1) if heads % n == 0]
        yield violation(
            f"{model.row.key} has {heads} attention heads, which are not divisible by tensor "
            f"parallel size {size}",
            Place(workload.resource, flag.path),
            Place(workload.resource, model.path, note=f"{heads} heads"),
            remedy=f"Sizes that divide {heads} heads: {', '.join(map(str, matching))}",
        )
