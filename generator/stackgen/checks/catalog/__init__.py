"""The family `catalog`: whether the facts that stackgen reckons with can be trusted."""

from stackgen.checks.catalog import (
    catalog_file,
    catalog_row,
    catalog_row_differs,
    catalog_stale,
    cost_price_stale,
)
from stackgen.findings.model import Check, Rule

_ON_PLANS = (catalog_row_differs, catalog_stale, cost_price_stale)

# Rows and files that are wrong are reported while the catalogue is opened.
RULES: tuple[Rule, ...] = (
    catalog_row.RULE,
    catalog_file.RULE,
    *(module.RULE for module in _ON_PLANS),
)
CHECKS: tuple[tuple[str, Check], ...] = tuple((m.RULE.id, m.check) for m in _ON_PLANS)
