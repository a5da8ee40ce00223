"""Pods that start before the policy that isolates them."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.rollout.pass_blocked import order_path
from stackgen.checks.rollout.view import simulated
from stackgen.findings.model import Place, Violations, violation
from stackgen.rollout.model import Rollout, key_of


def check(context: Context) -> Violations:
    """One finding for each workload."""
    for found in simulated(context):
        yield from _exposed(found.rollout)


def _exposed(found: Rollout) -> Violations:
    steps = {one.step.name: one.step for one in found.moments}
    for one in found.exposed:
        if one.resource.kind == "CronJob":
            continue  # its Pods start at their time, not when it is applied
        later = steps.get(one.until)
        order = (Place(later.resource, order_path(later.resource, later)),) if later else ()
        by = f"the step {one.until} applies" if later else "no step applies"
        yield violation(
            f"{one.pods} start in {one.step.name}, without a network policy: {by} "
            f"{key_of(one.policy)}",
            Place(one.resource, ("metadata", "name")), *order,
        )  # fmt: skip
