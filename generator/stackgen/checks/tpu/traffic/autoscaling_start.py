"""Autoscaling that does not fit how long a server takes to start."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Violations, violation
from stackgen.plan.model import ModelPlan


def check(context: Context) -> Violations:
    """One finding for each field of a model that is shorter than a start."""
    for model in context.plan.servers if context.plan is not None else ():
        if model.scaling is not None:
            yield from _window(context, model)
            yield from _from_zero(context, model)


def _window(context: Context, model: ModelPlan) -> Violations:
    asked, start = model.spec.autoscaling.scaleDownSeconds, model.startup.expected.value
    if asked.value is not None and asked.value < min(start, 3600):
        yield violation(
            f"{model.spec.name.value} removes servers after {asked.value} s of lower load, but "
            f"a server takes about {start:.0f} s to start",
            place_of(context, asked),
        )


def _from_zero(context: Context, model: ModelPlan) -> Violations:
    assert context.plan is not None
    longest = context.plan.release.optional("autoscaling", "picker_wait_seconds")
    start = model.startup.expected.value
    if model.fewest.value == 0 and longest is not None and start > longest.value:
        yield violation(
            f"{model.spec.name.value} has autoscaling.min: 0; the first requests wait at most "
            f"{longest.value} s at the gateway, but a server takes about {start:.0f} s to "
            "start, so they fail",
            place_of(context, model.spec.autoscaling.min),
        )
