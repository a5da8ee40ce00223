"""A config that refers to other configs."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import as_list
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.names import CONFIG_KIND
from stackgen.platforms.kserve.release import GROUP


def check(context: Context) -> Violations:
    """One finding for each config with baseRefs."""
    for resource in context.bundle.of_kind(CONFIG_KIND, GROUP):
        if as_list(resource.get("spec", "baseRefs")):
            place = Place(resource, ("spec", "baseRefs"), key=True)
            yield violation(f"config {resource.name} refers to other configs", place)
