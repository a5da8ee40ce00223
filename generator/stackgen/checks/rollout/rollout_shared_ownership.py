"""An object that two steps apply."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.rollout.view import simulated
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each object with two owners, or folder that is applied twice."""
    for one in (x for found in simulated(context) for x in found.order.shared()):
        yield violation(
            f"{one.what}: the steps {one.first.name} and {one.second.name} both apply it",
            Place(one.second.resource, ("spec", "path")),
            Place(one.first.resource, ("spec", "path")),
        )
