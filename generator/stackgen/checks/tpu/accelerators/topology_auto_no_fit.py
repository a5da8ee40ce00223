"""`topology: auto`, and no topology that fits."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


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
