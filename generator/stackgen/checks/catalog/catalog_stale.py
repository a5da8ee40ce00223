"""Facts of the catalogue that are too old to trust without another look."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.catalog import old
from stackgen.checks.context import Context
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="catalog-stale",
    family="catalog",
    severity=Severity.WARNING,
    summary="Catalogue rows that shaped the output are older than spec.catalogMaxAgeDays.others.",
    impact="Machines, versions or quirks may have changed since somebody looked.",
    remedy="Update stackgen, or put a row of your own with a later date into `catalog/`.",
    source="as_of of each row",
    bad="catalogMaxAgeDays: {others: 30}",
    good="catalogMaxAgeDays: {others: 365}",
)


def check(context: Context) -> Iterator[Finding]:
    """Old rows among those that were used, prices aside."""
    if context.catalog is None or context.plan is None:
        return
    rows = [r for r in context.catalog.used() if not r.file.endswith("prices.yaml")]
    yield from old.findings(RULE, context, rows, ("spec", "release"))
