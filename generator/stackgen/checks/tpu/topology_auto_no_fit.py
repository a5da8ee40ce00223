"""`topology: auto`, and no topology that fits."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="topology-auto-no-fit",
    family="tpu",
    severity=Severity.ERROR,
    summary="No topology of the generation that one host holds fits every model of the pool.",
    impact="A model would not load, or not with the context and concurrency asked for.",
    remedy="Take another generation, a smaller model, maxModelLen or concurrency; describe models "
    "that the catalogue does not have.",
    source="Arithmetic of plan/fit.py",
    confidence="medium",
    bad="{accelerator: v5e, topology: auto}   # with Llama-3.3-70B",
    good="{accelerator: v6e, topology: auto}",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each reason of each pool."""
    if context.plan is None or context.loaded is None:
        return
    for pool in context.plan.pools:
        for reason in pool.unfit:
            yield RULE.finding(
                f"{pool.spec.name.value}: {reason}",
                place_of(context, pool.spec.topology),
            )
