"""A budget that cannot be judged, since a price is not known."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import estimate_of, place_of
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="cost-price-unknown",
    family="tpu",
    severity=Severity.WARNING,
    summary="The spec has a budget, and the price of a pool's machines is not known.",
    impact="The stack may cost more than the budget, and nothing would say so.",
    remedy="Add a row to catalog/prices.yaml beside stack.yaml.",
    source="prices.yaml",
    bad="budget: {perDay: 900}   # with n1-standard-4 in a region without a price row",
    good="""\
# catalog/prices.yaml
n1-standard-4/europe-west4:
  {unit: machine-hour, on_demand: 0.21, source: our invoice, as_of: "2026-10-01"}
""",
)


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
