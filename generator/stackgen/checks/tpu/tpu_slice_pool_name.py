"""Node pools of single slices whose names do not go."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding, Rule, Severity

LONGEST = 40

RULE = Rule(
    id="tpu-slice-pool-name",
    family="tpu",
    severity=Severity.ERROR,
    summary="The name of a slice's node pool is too long, or that of another pool.",
    impact="Google Cloud refuses the node pool, or one pool is rendered over the other.",
    remedy="Rename the pool; each of its slices is a node pool NAME-0, NAME-1 and so on.",
    source="GKE: names of node pools have at most 40 characters and are unique in a cluster",
    bad="nodePools: [{name: tpu, topology: 4x4}, {name: tpu-0, topology: 2x2}]",
    good="nodePools: [{name: tpu, topology: 4x4}, {name: small, topology: 2x2}]",
)


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
                f"of {len(long)} characters, {LONGEST} are allowed",
                place_of(context, pool.spec.name),
            )
        elif other is not None:
            yield RULE.finding(
                f"a slice of {pool.spec.name.value} is the node pool {other}, and another pool "
                "is called so",
                place_of(context, pool.spec.name),
                place_of(context, taken[other].spec.name, note="the other pool"),
            )
