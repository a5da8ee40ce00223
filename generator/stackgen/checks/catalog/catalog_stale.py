"""Facts of the catalog that are too old to trust without another look."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.catalog import old
from stackgen.checks.context import Context
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Old rows among those that were used, prices aside."""
    if context.plan is None:
        return
    rows = [r for r in context.catalog.used() if not r.file.endswith("prices.yaml")]
    yield from old.findings(RULE, context, rows, ("spec", "release"))
