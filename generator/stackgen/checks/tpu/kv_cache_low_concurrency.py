"""A KV cache that is too small for the sequences asked for."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.plan.auto import EXPECTED_SHARE, expected_tokens

RULE = Rule(
    id="kv-cache-low-concurrency",
    family="tpu",
    severity=Severity.WARNING,
    summary="The KV cache does not hold the sequences that are to be served at the same time.",
    impact="vLLM preempts sequences and computes them again: latency grows, throughput falls.",
    remedy="Lower concurrency or maxModelLen, take a larger slice, or more replicas.",
    source="Arithmetic of plan/fit.py; the average length is an assumption",
    confidence="medium",
    bad="concurrency: 512     # of up to 131072 tokens each",
    good="concurrency: 512\nmaxModelLen: 8192",
    why="Sequences are reckoned at a quarter of the longest allowed, on average.",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each model with a concurrency that its cache does not hold."""
    if context.plan is None or context.loaded is None:
        return
    for model in context.plan.models:
        hbm = model.server.hbm
        if hbm is None or hbm.concurrency is None or not hbm.result.fits:
            continue
        length, asked = hbm.given.max_model_len, hbm.concurrency.value
        needed = expected_tokens(asked, length)
        held = hbm.kv_tokens.value
        if held < needed:
            best = held * EXPECTED_SHARE // length if length else 0
            yield RULE.finding(
                f"{model.spec.name.value}: {asked} sequences of {length // EXPECTED_SHARE} tokens "
                f"on average need {needed} tokens, the cache holds {held}: about {best} at a time",
                place_of(context, hbm.concurrency),
                place_of(context, model.spec.nodePool, note="on this pool"),
            )
