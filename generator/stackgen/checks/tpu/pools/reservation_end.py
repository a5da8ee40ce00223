"""A future reservation of the spec that ends soon, or has ended."""

from __future__ import annotations

from datetime import date, timedelta

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Severity, Violations, violation

SOON = timedelta(days=30)


def check(context: Context) -> Violations:
    """One finding for each node pool; an info where the end is far and nothing replaces it."""
    if context.plan is None or context.loaded is None or context.today is None:
        return
    for pool in context.plan.pools:
        said = pool.spec.reservedUntil.value
        end = date.fromisoformat(said) if said is not None else None
        if end is None or (pool.fallback and end - context.today > SOON):
            continue
        name, over = pool.spec.name.value, end < context.today
        after = "" if pool.fallback else ", and the node pool has no fallback"
        yield violation(
            f"the reservation of {name} {'ended' if over else 'ends'} on {said}{after}",
            place_of(context, pool.spec.reservedUntil),
            severity=None if end - context.today <= SOON else Severity.INFO,
        )
