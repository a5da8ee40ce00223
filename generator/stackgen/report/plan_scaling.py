"""Autoscaling in a plan: bounds, target, what a start means for it, and cost between the bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.origin import Origin
from stackgen.plan.autoscaling import bounds
from stackgen.plan.cost import HOURS_PER_DAY
from stackgen.plan.model import ModelPlan
from stackgen.report.plan_facts import UNKNOWN, Planned, minutes, money

HEAD = ("SCALING", "REPLICAS", "METRIC", "TARGET", "UP", "DOWN", "USD/DAY")
ABOUT = (
    "Target: of one server. Up: the time in which the number of servers at most doubles. Down: how "
    "long fewer servers must be enough."
)


def rows(planned: Planned) -> list[tuple[str, ...]]:
    """A row for each model whose replicas follow a metric."""
    return [(model.spec.name.value, *_cells(planned, model)) for model in _scaled(planned)]


def _scaled(planned: Planned) -> Iterator[ModelPlan]:
    return (model for model in planned.plan.servers if model.scaling is not None)


def _cells(planned: Planned, model: ModelPlan) -> tuple[str, ...]:
    scaling = model.scaling
    assert scaling is not None
    return (
        bounds(model.spec), scaling.metric.value, f"{scaling.target.value:g}",
        minutes(scaling.period.value), minutes(scaling.window.value), _cost(planned, model),
    )  # fmt: skip


def _cost(planned: Planned, model: ModelPlan) -> str:
    """Of the servers alone, at the minimum and at the maximum of replicas.

    A node pool whose number of nodes is fixed costs the same with any number of replicas.
    """
    from stackgen.plan.throughput.figures import price_of  # most plans have no autoscaling

    pools = planned.estimate.costs.pools
    for pool in (one for one in pools if one.pool.spec.name.value == model.pool.spec.name.value):
        if pool.low is not None and pool.high is not None and pool.low.value == pool.high.value:
            return f"{money(HOURS_PER_DAY * pool.high.value)} fixed"
    price = price_of(model, pools)
    if price is None:
        return UNKNOWN
    ends = (model.fewest.value, model.most.value)
    return "-".join(money(n * HOURS_PER_DAY * price.value) for n in ends)


def starts(planned: Planned) -> Iterator[str]:
    """What the first request waits for, of models that scale to zero."""
    for model in _scaled(planned):
        if model.fewest.value == 0:
            seconds = model.startup.expected.value
            yield (
                f"{model.spec.name.value}: the first request after a pause waits about "
                f"{minutes(seconds)}, and for a node where none is there."
            )


def facts(planned: Planned) -> Iterator[tuple[str, str]]:
    """Every figure by a name that says what it is."""
    for name, *cells in rows(planned):
        for head, cell in zip(HEAD[1:], cells, strict=True):
            yield f"{name}: autoscaling, {head.lower()}", cell


def origins(planned: Planned) -> Iterator[tuple[str, Origin]]:
    """What `--explain` explains of it."""
    for model in _scaled(planned):
        name, scaling = model.spec.name.value, model.scaling
        assert scaling is not None
        yield f"{name}: autoscaling, target", scaling.target.origin
        yield f"{name}: autoscaling, up", scaling.period.origin
        yield f"{name}: autoscaling, down", scaling.window.origin


def content(model: ModelPlan) -> dict[str, Any] | None:
    """As JSON; times in seconds."""
    scaling = model.scaling
    if scaling is None:
        return None
    return {
        "min": model.fewest.value,
        "max": model.most.value,
        "metric": scaling.metric.value,
        "target": scaling.target.value,
        "stepSeconds": scaling.period.value,
        "scaleDownSeconds": scaling.window.value,
    }
