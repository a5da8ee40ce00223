"""A name so long that names of children are hashed."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve.names import LONGEST, LONGEST_SUFFIX, child_name


def check(context: Context) -> Violations:
    """One finding for each service whose longest child's name is hashed."""
    for service in services(context):
        room = LONGEST - len(LONGEST_SUFFIX)
        if room < len(service.name) <= LONGEST:
            child = child_name(service.name, LONGEST_SUFFIX)
            yield violation(
                f"the name has {len(service.name)} characters: its Secret is named {child}",
                service.place("metadata", "name"),
            )
