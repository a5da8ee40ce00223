"""Pods that start before the policy that isolates them."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.rollout.pass_blocked import order_path
from stackgen.checks.rollout.view import simulated
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.rollout.model import Rollout, key_of

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each workload."""
    for found in simulated(context):
        yield from _exposed(found.rollout)


def _exposed(found: Rollout) -> Iterator[Finding]:
    steps = {one.step.name: one.step for one in found.moments}
    for one in found.exposed:
        later = steps.get(one.until)
        order = (Place(later.resource, order_path(later.resource, later)),) if later else ()
        by = f"the step {one.until} applies" if later else "no step applies"
        yield RULE.finding(
            f"{one.pods} start in {one.step.name}, without a network policy: {by} "
            f"{key_of(one.policy)}",
            Place(one.resource, ("metadata", "name")), *order,
        )  # fmt: skip
