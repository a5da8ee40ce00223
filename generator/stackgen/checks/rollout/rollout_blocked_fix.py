"""A step that waits for a model, although nothing in it needs the model."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.rollout.pass_blocked import order_path
from stackgen.checks.rollout.view import simulated
from stackgen.findings.model import Place, Violations, violation
from stackgen.rollout.durations import words
from stackgen.rollout.model import key_of


def check(context: Context) -> Violations:
    """One finding for each step that is held back without need."""
    for one in (x for found in simulated(context) for x in found.order.held()):
        most = f" for up to {words(one.before.timeout)}" if one.before.timeout else ""
        yield violation(
            f"the step {one.step.name} waits{most} for {key_of(one.slow)} of "
            f"{one.before.name}, which it does not need",
            Place(one.step.resource, order_path(one.step.resource, one.step)),
        )
