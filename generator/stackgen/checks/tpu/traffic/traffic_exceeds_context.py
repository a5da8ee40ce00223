"""Requests that are longer than the context of the server."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.traffic.under_load import every
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each model whose traffic does not fit in its context."""
    for model, _ in every(context):
        traffic, longest = model.spec.traffic, model.server.max_model_len
        prompt, answer = traffic.inputTokens.value, traffic.outputTokens.value
        if longest is not None and prompt and answer and prompt + answer > longest.value:
            yield violation(
                f"{model.spec.name.value}: requests have {prompt} + {answer} tokens, and the "
                f"maximum length of the server is {longest.value}",
                place_of(context, traffic.inputTokens),
                place_of(context, model.spec.maxModelLen, note="the maximum length"),
            )
