"""What the rules about traffic share: the figures of each model that has some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import estimate_of
from stackgen.origin import Traced
from stackgen.plan.model import ModelPlan
from stackgen.plan.throughput.durations import in_words
from stackgen.spec.serving import Model

if TYPE_CHECKING:
    from stackgen.plan.throughput.figures import Figure, Limit, Performance


def figures(context: Context) -> Iterator[tuple[ModelPlan, Performance]]:
    """Each model whose figures are known."""
    for model, found in every(context):
        if not isinstance(found, str):
            yield model, found


def every(context: Context) -> Iterator[tuple[ModelPlan, Performance | str]]:
    """Each model with traffic: its figures, or why they are not known."""
    estimate = estimate_of(context)
    if context.plan is None or context.loaded is None or estimate is None:
        return
    for model, found in zip(context.plan.servers, estimate.traffic, strict=True):
        if found is not None:
            yield model, found


def load_of(model: Model) -> Traced[Any]:
    """The load of a model as the spec says it: a rate, or users."""
    rate = model.traffic.requestsPerSecond
    return rate if rate.value is not None else model.traffic.users


def shown(figure: Figure, unit: str = "") -> str:
    """`3 (2 to 5, estimated)`; without a range only how it is known. unit: "s", or none.

    The high end of replicas is None where no number holds, that of a time where a queue grows.
    """
    value, basis = figure.value.value, figure.basis.kind
    text = "none" if value is None else _number(value, unit)
    if figure.low == figure.high:
        return f"{text} ({basis})"
    low = "none" if figure.low is None else _number(figure.low, unit)
    if figure.high is not None:
        return f"{text} ({low} to {_number(figure.high, unit)}, {basis})"
    worst = "" if unit else "; at worst no number is enough"
    return f"{text} ({low} or more, {basis}{worst})"


def limit_in_words(limit: Limit) -> str:
    """`ttft p95 of 2 s`."""
    return f"{limit.metric} {limit.at} of {in_words(limit.seconds.value)}"


def _number(value: float, unit: str) -> str:
    return in_words(value) if unit == "s" else f"{value:g}"
