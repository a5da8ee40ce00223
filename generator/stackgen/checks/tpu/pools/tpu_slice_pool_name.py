"""Node pools of single slices whose names do not go."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

LONGEST = 40

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pool of the spec."""
    if context.plan is None or context.loaded is None:
        return
    taken = {p.spec.name.value: p for p in context.plan.pools}
    for pool in context.plan.pools:
        names = [m.name.value for m in pool.members if m.name.value != pool.spec.name.value]
        long = next((n for n in names if len(n) > LONGEST), None)
        other = next((n for n in names if n in taken and len(taken[n].members) == 1), None)
        if long is not None:
            yield RULE.finding(
                f"{pool.spec.name.value} has {len(names)} slices; the node pool {long} has a name "
                f"of {len(long)} characters, at most {LONGEST} are allowed",
                place_of(context, pool.spec.name),
            )
        elif other is not None:
            yield RULE.finding(
                f"a slice of {pool.spec.name.value} is the node pool {other}, and another pool "
                "has this name",
                place_of(context, pool.spec.name),
                place_of(context, taken[other].spec.name, note="the other pool"),
            )
