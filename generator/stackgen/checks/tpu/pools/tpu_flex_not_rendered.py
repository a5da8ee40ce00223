"""A node pool that Config Connector cannot ask for."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each such pool."""
    if context.plan is None or context.loaded is None or context.stack is None:
        return
    if not context.stack.spec.cluster.managed.value:
        return
    for pool in context.plan.pools:
        if pool.spec.purchase.value == "flex-start":
            yield violation(
                f"{pool.spec.name.value} uses flex-start; ContainerNodePool has no field for that",
                place_of(context, pool.spec.purchase),
            )
