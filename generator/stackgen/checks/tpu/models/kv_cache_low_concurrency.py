"""A KV cache that is too small for the sequences asked for."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import most_of, place_of
from stackgen.findings.model import Violations, violation
from stackgen.plan.auto import EXPECTED_SHARE, expected_tokens


def check(context: Context) -> Violations:
    """One finding for each model with a concurrency that its cache does not hold."""
    if context.plan is None or context.loaded is None:
        return
    for model in context.plan.servers:
        hbm = model.server.hbm
        if hbm is None or hbm.concurrency is None or not hbm.result.fits:
            continue
        length, asked = hbm.given.max_model_len, hbm.concurrency.value
        needed = expected_tokens(asked, length)
        held = hbm.kv_tokens.value
        if held < needed:
            best = held * EXPECTED_SHARE // length if length else 0
            yield violation(
                f"{model.spec.name.value}: {asked} sequences of {length // EXPECTED_SHARE} "
                f"tokens on average need {needed} tokens; the KV cache holds {held}, about "
                f"{best} sequences",
                place_of(context, hbm.concurrency),
                place_of(context, model.spec.nodePool, note="on this pool"),
                remedy=f"Set `concurrency: {best}`, lower `maxModelLen`, use a larger `topology`, "
                f"or raise `{most_of(model)}`."
                if best
                else "",
            )
