"""The family `catalog`: whether the facts that stackgen reckons with can be trusted."""

from stackgen.checks.catalog import catalog_file, catalog_row
from stackgen.findings.model import Check, Rule

RULES: tuple[Rule, ...] = (catalog_row.RULE, catalog_file.RULE)
# Reported while the catalogue is opened, before there is a bundle.
CHECKS: tuple[tuple[str, Check], ...] = ()
