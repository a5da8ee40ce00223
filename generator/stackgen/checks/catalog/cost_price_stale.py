"""Prices that are too old to plan with."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.checks.catalog import old
from stackgen.checks.context import Context
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.plan.estimate import estimate

RULE = Rule(
    id="cost-price-stale",
    family="catalog",
    severity=Severity.WARNING,
    summary="Prices of the stack's machines are older than spec.catalogMaxAgeDays.prices.",
    impact="Cost and budget are reckoned with figures that may no longer hold.",
    remedy="Put a price row with a later date into catalog/prices.yaml, or update stackgen.",
    source="as_of of each price row",
    bad="catalogMaxAgeDays: {prices: 7}",
    good="catalogMaxAgeDays: {prices: 90}",
)


def check(context: Context) -> Iterator[Finding]:
    """Old rows among the prices of this stack."""
    if context.plan is None or context.today is None:
        return
    rows = estimate(context.plan, context.catalog or Catalog()).costs.rows
    yield from old.findings(RULE, context, rows, ("spec", "cluster", "nodePools"))
