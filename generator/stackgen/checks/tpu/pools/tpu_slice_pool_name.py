"""Node pools of single slices whose names do not go."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Violations, violation

LONGEST = 40


def check(context: Context) -> Violations:
    """One finding for each pool of the spec."""
    if context.plan is None or context.loaded is None:
        return
    taken = {p.spec.name.value: p for p in context.plan.pools}
    for pool in context.plan.pools:
        names = [m.name.value for m in pool.members if m.name.value != pool.spec.name.value]
        long = next((n for n in names if len(n) > LONGEST), None)
        other = next((n for n in names if n in taken and len(taken[n].members) == 1), None)
        if long is not None:
            yield violation(
                f"{pool.spec.name.value} has {len(names)} slices; the node pool {long} has a name "
                f"of {len(long)} characters, at most {LONGEST} are allowed",
                place_of(context, pool.spec.name),
            )
        elif other is not None:
            yield violation(
                f"a slice of {pool.spec.name.value} is the node pool {other}, and another pool "
                "has this name",
                place_of(context, pool.spec.name),
                place_of(context, taken[other].spec.name, note="the other pool"),
            )
