"""A budget that cannot be judged, since a price is not known."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import estimate_of, place_of
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pool without a price, where the spec has a budget."""
    estimate = estimate_of(context)
    if estimate is None or context.stack is None or context.loaded is None:
        return
    budget = context.stack.spec.budget
    if budget.perDay.value is None and budget.perMonth.value is None:
        return
    limit = budget.perDay if budget.perDay.value is not None else budget.perMonth
    for cost in estimate.costs.pools:
        if cost.unknown is not None:
            yield RULE.finding(
                f"{cost.pool.spec.name.value}: {cost.unknown.words()}",
                place_of(context, cost.pool.spec.name),
                place_of(context, limit, note="the budget"),
            )
