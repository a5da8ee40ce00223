"""Facts of the catalog that are too old to trust without another look."""

from __future__ import annotations

from stackgen.checks.catalog import old
from stackgen.checks.context import Context
from stackgen.findings.model import Violations


def check(context: Context) -> Violations:
    """Old rows among those that were used, prices aside."""
    if context.plan is None:
        return
    rows = [r for r in context.catalog.used() if not r.file.endswith("prices.yaml")]
    yield from old.violations(context, rows, ("spec", "release"))
