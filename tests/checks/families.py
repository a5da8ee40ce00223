"""The rules and checks of one family, for tests of that family."""

from __future__ import annotations

from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.findings.model import Finding, Rule
from stackgen.findings.rules import all_rules


def rules_of(family: str) -> list[Rule]:
    """The rules of the family, by id."""
    return [rule for rule in all_rules().values() if rule.family == family]


def found_by(family: str, context: Context) -> list[Finding]:
    """What every check of the family finds."""
    return [found for one in registry.of_family(family) for found in one.findings(context)]
