"""Attention heads that cannot be dealt out."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


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
            f"{model.row.key} has {heads} attention heads, which are not divisible by tensor "
            f"parallel size {size}",
            Place(workload.resource, flag.path),
            Place(workload.resource, model.path, note=f"{heads} heads"),
            remedy=f"Sizes that divide {heads} heads: {', '.join(map(str, fitting))}",
        )
