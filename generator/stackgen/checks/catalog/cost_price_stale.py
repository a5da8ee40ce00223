"""Prices that are too old to plan with."""

from __future__ import annotations

from stackgen.checks.catalog import old
from stackgen.checks.context import Context
from stackgen.findings.model import Violations
from stackgen.plan.estimate import estimate


def check(context: Context) -> Violations:
    """Old rows among the prices of this stack."""
    if context.plan is None or context.today is None:
        return
    rows = estimate(context.plan, context.catalog).costs.rows
    yield from old.violations(context, rows, ("spec", "cluster", "nodePools"))
