"""KV heads that can be neither dealt out nor copied evenly."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.models import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.plan.fit import valid_kv_split

RULE = Rule(
    id="tp-kv-indivisible",
    family="tpu",
    severity=Severity.ERROR,
    summary="The model's KV heads do not go with the tensor parallel size.",
    impact="The TPU backend stops with an assertion while it lays out the cache.",
    remedy="Choose a tensor parallel size that divides the KV heads, or is a multiple of them.",
    source="vllm-project/tpu-inference@b8692ff tpu_inference/utils.py",
    bad="""\
args: [--model=google/gemma-3-4b-it, --tensor-parallel-size=8, --pipeline-parallel-size=1]
""",
    good="args: [--model=google/gemma-3-4b-it, --tensor-parallel-size=4]",
)


def check(context: Context) -> Iterator[Finding]:
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
        yield RULE.finding(
            f"{model.row.key} has {kv_heads} KV heads, which neither divide by tensor parallel "
            f"size {size} nor go into it evenly",
            Place(workload.resource, flag.path),
            Place(workload.resource, model.path, note=f"{kv_heads} KV heads"),
        )
