"""A cache that is held several times."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.model_fit import model_fit
from stackgen.checks.tpu.planned import scaled_remedy
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import counted

ENOUGH = 8  # sequences of full length in parallel: where the copies cost no capacity


def check(context: Context) -> Violations:
    """One finding for each server whose copies leave room for few sequences."""
    seen = view(context)
    for workload in seen.servers:
        outcome = model_fit(seen, workload)
        if outcome is None or outcome.fit.replication == 1 or not outcome.fit.fits:
            continue
        if outcome.fit.sequences >= ENOUGH:
            continue
        given, result = outcome.given, outcome.fit
        yield violation(
            f"{outcome.model.row.key} has {counted(given.kv_heads, 'KV head')}: over "
            f"{given.tensor_parallel} devices each is stored {result.replication} times, which "
            f"leaves room for {result.kv_tokens} tokens",
            outcome.flag("tensor-parallel-size"),
            Place(workload.resource, outcome.model.path, note="the model"),
            remedy=scaled_remedy(context, "kv-replication-waste", workload.resource.name),
        )
