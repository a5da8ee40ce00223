"""A stack that may cost more than its budget."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import estimate_of, place_of
from stackgen.findings.model import Violations, violation
from stackgen.plan.cost import per_day, per_month


def check(context: Context) -> Violations:
    """One finding for each limit that the maximum number of nodes exceeds."""
    estimate = estimate_of(context)
    if estimate is None or context.stack is None or context.loaded is None:
        return
    budget = context.stack.spec.budget
    costs = estimate.costs
    least = "" if costs.complete else "at least "
    env = context.plan.env if context.plan is not None else ""
    whole = f"environment {env}" if env else "the stack"
    most = max((c for c in costs.pools if c.high is not None), key=_high, default=None)
    for limit, amount, unit in (
        (budget.perDay, per_day(costs.high.value), "day"),
        (budget.perMonth, per_month(costs.high.value), "month"),
    ):
        if limit.value is None or amount <= limit.value:
            continue
        places = [place_of(context, limit)]
        if most is not None:
            places.append(place_of(context, most.pool.spec.nodes.max, note="the highest cost"))
        yield violation(
            f"{whole} can cost {least}{amount:,.2f} USD per {unit}; the budget is "
            f"{limit.value:,.2f}",
            *places,
        )


def _high(cost: object) -> float:
    high = getattr(cost, "high", None)
    return float(high.value) if high is not None else 0.0
