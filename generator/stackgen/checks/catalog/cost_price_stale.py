"""Prices that are too old to plan with."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.catalog import old
from stackgen.checks.context import Context
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.plan.estimate import estimate

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Old rows among the prices of this stack."""
    if context.plan is None or context.today is None:
        return
    rows = estimate(context.plan, context.catalog).costs.rows
    yield from old.findings(RULE, context, rows, ("spec", "cluster", "nodePools"))
