"""KV heads that can be neither dealt out nor copied evenly."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation
from stackgen.plan.fit import valid_kv_split


def check(context: Context) -> Violations:
    """One finding for each TPU server of a known model whose attention heads do divide."""
    seen = view(context)
    for workload in seen.tpu_servers:
        model, server, size = seen.model(workload), workload.server, split_of(workload).tensor
        if model is None or server is None or not size:
            continue
        heads, kv_heads = model.integer("attention_heads"), model.integer("kv_heads")
        if heads % size or valid_kv_split(kv_heads, size):
            continue
        flag = server.line.flags["tensor-parallel-size"]
        yield violation(
            f"{model.row.key} has {kv_heads} KV heads, and neither this number nor tensor parallel "
            f"size {size} divides the other",
            Place(workload.resource, flag.path),
            Place(workload.resource, model.path, note=f"{kv_heads} KV heads"),
        )
