"""A topology that this TPU generation does not come in."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.uses import topology_uses
from stackgen.checks.tpu.view import view
from stackgen.facts.hardware import axes, shapes
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each topology that does not exist."""
    seen = view(context)
    for use in topology_uses(seen):
        found = axes(use.topology)
        wrong_dimensions = found is not None and len(found) != use.generation.data["dims"]
        if wrong_dimensions or shapes(seen.catalog, use.generation, use.topology):
            continue
        yield violation(
            f"{use.generation.key} has no topology {use.topology!r}",
            use.place,
            remedy=f"{use.generation.key} has {', '.join(use.known)}",
        )
