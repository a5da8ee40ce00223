"""`topology: auto`, and no topology that fits."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each reason of each pool."""
    if context.plan is None or context.loaded is None:
        return
    for pool in context.plan.pools:
        for reason in pool.unfit:
            yield violation(
                f"{pool.spec.name.value}: {reason}",
                place_of(context, pool.spec.topology),
            )
