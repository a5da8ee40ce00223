"""A context that the cache cannot hold."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.fitting import fitted
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="kv-cache-too-small",
    family="tpu",
    severity=Severity.ERROR,
    summary="The memory left for the KV cache does not hold one sequence of the length asked for.",
    impact=(
        "vLLM stops while it starts: the KV cache needed for the maximum length is larger than "
        "the memory there is."
    ),
    remedy=(
        "Lower --max-model-len, raise --gpu-memory-utilization a little, or take a larger slice or "
        "more GPUs."
    ),
    source="vLLM: error text in public logs; arithmetic of plan/fit.py",
    bad="""\
args: [--model=Qwen/Qwen2.5-14B-Instruct, --max-model-len=32768]   # on one v6e chip
""",
    good="""\
args: [--model=Qwen/Qwen2.5-14B-Instruct, --tensor-parallel-size=4, --max-model-len=32768]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server of a known model whose weights fit."""
    seen = view(context)
    for workload in seen.servers:
        bare, careful = fitted(seen, workload, reserve=0), fitted(seen, workload)
        if bare is None or careful is None or not careful.fit.fits:
            continue
        if careful.fit.full_context_fits:
            continue
        # Sliding-window models need less than the arithmetic says.
        sliding = "sliding_window" in careful.model.row.data
        sure = not bare.fit.full_context_fits and bare.sure_weights and not sliding
        asked = careful.given.max_model_len
        yield RULE.finding(
            f"the cache has room for {careful.fit.kv_tokens} tokens of {careful.model.row.key}; "
            f"a sequence may have {asked}",
            careful.flag("max-model-len"),
            Place(workload.resource, careful.model.path, note="the model"),
            severity=None if sure else Severity.WARNING,
            confidence=None if sure else "medium",
        )
