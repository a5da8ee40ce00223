"""An object that two steps apply."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.rollout.view import simulated
from stackgen.findings.model import Place, Violations, violation
from stackgen.rollout.order import Shared


def check(context: Context) -> Violations:
    """One finding for each two owners, which names the first of the objects that both apply."""
    pairs: dict[tuple[str, str], list[Shared]] = {}
    for one in (x for found in simulated(context) for x in found.order.shared()):
        pairs.setdefault((one.first.unit, one.second.unit), []).append(one)
    for first, *others in pairs.values():
        more = f"; {len(others)} more object{'s' * (len(others) > 1)}" if others else ""
        yield violation(
            f"{first.what}: the steps {first.first.name} and {first.second.name} both apply it"
            f"{more}",
            Place(first.second.resource, ("spec", "path")),
            Place(first.first.resource, ("spec", "path")),
        )
