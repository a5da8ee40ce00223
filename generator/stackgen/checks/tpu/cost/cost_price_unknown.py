"""A budget that cannot be judged, since a price is not known."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import estimate_of, place_of
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
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
            yield violation(
                f"{cost.pool.spec.name.value}: {cost.unknown.words()}",
                place_of(context, cost.pool.spec.name),
                place_of(context, limit, note="the budget"),
            )
