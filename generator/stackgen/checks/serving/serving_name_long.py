"""A name so long that names of children are hashed."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.names import LONGEST, LONGEST_SUFFIX, child_name

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each service whose longest child's name is hashed."""
    for service in services(context):
        room = LONGEST - len(LONGEST_SUFFIX)
        if room < len(service.name) <= LONGEST:
            child = child_name(service.name, LONGEST_SUFFIX)
            yield RULE.finding(
                f"the name has {len(service.name)} characters: its Secret is named {child}",
                service.place("metadata", "name"),
            )
