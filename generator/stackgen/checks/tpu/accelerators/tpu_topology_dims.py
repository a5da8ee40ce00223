"""A topology with the wrong number of dimensions."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.uses import Use, topology_uses
from stackgen.checks.tpu.view import view
from stackgen.facts.hardware import axes
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each topology, of Pods or of pools, with the wrong dimensions."""
    for use in topology_uses(view(context)):
        wanted = use.generation.data["dims"]
        found = axes(use.topology)
        if found is not None and len(found) != wanted:
            yield violation(
                f"{use.topology} has {len(found)} dimensions, {use.generation.key} has {wanted}"
                + _meant(use),
                use.place,
            )


def _meant(use: Use) -> str:
    found = axes(use.topology) or ()
    flat = [n for n in found if n != 1]
    known = [t for t in use.known if sorted(n for n in axes(t) or () if n != 1) == sorted(flat)]
    return f'; did you mean "{known[0]}"?' if known else ""
