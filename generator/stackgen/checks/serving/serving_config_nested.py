"""A config that refers to other configs."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.facts.shape import as_list
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.names import CONFIG_KIND
from stackgen.platforms.kserve.release import GROUP

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each config with baseRefs."""
    for resource in context.bundle.of_kind(CONFIG_KIND, GROUP):
        if as_list(resource.get("spec", "baseRefs")):
            place = Place(resource, ("spec", "baseRefs"), key=True)
            yield RULE.finding(f"config {resource.name} refers to other configs", place)
