"""Replicas that follow a metric: their bounds, and how fast they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed, given_or, is_set, known, picked
from stackgen.plan.startup import Startup
from stackgen.plan.throughput.durations import in_seconds
from stackgen.record import record
from stackgen.spec.autoscaling import CONCURRENT, HELD, LATENCIES, TPOT, TTFT
from stackgen.spec.serving import Model

if TYPE_CHECKING:
    from stackgen.plan.model import Server

# Bounds of the behavior of a HorizontalPodAutoscaler, in seconds.
# Source: kubernetes v1.36 pkg/apis/autoscaling/validation.
LONGEST_WINDOW, LONGEST_PERIOD = 3600, 1800
USUAL_WINDOW, SHORTEST_PERIOD = 300, 15
_PERCENTILES = ("p99", "p95", "p90", "p50")
TOLERANCE = 0.1  # around the target, in which the number stays; its default


@record
class Scaling:
    """How the replicas of a model follow a metric.

    target: of one replica. to_zero: no replica runs while no requests come. window: seconds for
    which fewer replicas must be enough. period: seconds in which replicas at most double. at_once:
    requests that one replica takes at the same time, for the trigger that wakes a model. at: the
    percentile of a latency. lower: the latency below which a replica goes; None for other metrics.
    """

    metric: Traced[str]
    target: Traced[float]
    to_zero: Traced[bool]
    window: Traced[int]
    period: Traced[int]
    at_once: Traced[float]
    at: Traced[str]
    lower: Traced[float | None]


def is_scaled(model: Model) -> Traced[bool]:
    """Whether the replicas of a model follow a metric."""
    return is_set(model.autoscaling.max)


def most(model: Model) -> Traced[int]:
    """The most replicas that a model may have."""
    return given_or(model.autoscaling.max, model.replicas)


def fewest(model: Model) -> Traced[int]:
    """The fewest replicas that a model may have."""
    least: Traced[int | None] = computed(
        "minimum", "of autoscaling", lambda high, low: None if high is None else low,
        model.autoscaling.max, model.autoscaling.min,
    )  # fmt: skip
    return given_or(least, model.replicas)


def bounds(model: Model) -> str:
    """`2`, or `1-4` with autoscaling."""
    low, high = fewest(model).value, most(model).value
    return str(high) if low == high else f"{low}-{high}"


def holds_requests(model: Model) -> Traced[bool]:
    """Whether the endpoint picker keeps requests for which no server has room."""
    return computed(
        "flow control", "of autoscaling to zero, and of its metric",
        lambda high, low, metric: high is not None and (low == 0 or metric == HELD),
        model.autoscaling.max, model.autoscaling.min, model.autoscaling.metric,
    )  # fmt: skip


def scaling_of(model: Model, server: Server, start: Startup, catalog: Catalog) -> Scaling | None:
    """How the replicas follow a metric; None where they are fixed."""
    asked, target = model.autoscaling, known(target_of(model, catalog))
    if asked.max.value is None or target is None:
        return None
    why = "a replica that goes is not back sooner than it starts"
    window = computed(
        "start-up", why,
        lambda start: round(min(LONGEST_WINDOW, max(USUAL_WINDOW, start))), start.expected,
    )  # fmt: skip
    period = computed(
        "start-up", "those that start take no load yet, so that the metric would add more",
        lambda start: round(min(LONGEST_PERIOD, max(SHORTEST_PERIOD, start))), start.expected,
    )  # fmt: skip
    to_zero = asked.min.map("to zero", "autoscaling.min", lambda low: low == 0)
    return Scaling(
        asked.metric, target, to_zero, given_or(asked.scaleDownSeconds, window), period,
        _at_once(model, target, server, catalog), percentile_of(model),
        lower_of(model, catalog),
    )  # fmt: skip


def _limits(model: Model) -> list[Traced[str | None]]:
    """What the SLO limits of the metric, by percentile as in `_PERCENTILES`; unset otherwise."""
    limits = getattr(model.slo, TPOT if model.autoscaling.metric.value == TPOT else TTFT)
    return [getattr(limits, at) for at in _PERCENTILES]


def limit_of(model: Model) -> Traced[str | None]:
    """The limit of the SLO for the metric, a latency, at the highest percentile that has one."""
    return computed(
        "limit", "of the SLO, at the highest percentile",
        lambda metric, limits: next(filter(None, limits), None) if metric in LATENCIES else None,
        model.autoscaling.metric, _limits(model),
    )  # fmt: skip


def percentile_of(model: Model) -> Traced[str]:
    """The percentile of that limit; p95 without one."""
    return computed(
        "percentile", "the highest that the SLO limits",
        lambda metric, limits: next(
            (at for at, limit in zip(_PERCENTILES, limits, strict=True)
             if limit and metric in LATENCIES), "p95",
        ),
        model.autoscaling.metric, _limits(model),
    )  # fmt: skip


def target_of(model: Model, catalog: Catalog) -> Traced[float | None]:
    """The target of the metric; of a latency, a share of the limit in the SLO."""
    share = catalog.sizing("autoscaling-latency").value("up_share")
    derived: Traced[float | None] = computed(
        "target", "servers are added before the limit is reached",
        lambda limit, share: None if limit is None else float(f"{share * in_seconds(limit):.3g}"),
        limit_of(model), share,
    )  # fmt: skip
    return given_or(model.autoscaling.target, derived)


def lower_of(model: Model, catalog: Catalog) -> Traced[float | None]:
    """The latency below which there are more servers than needed; None for other metrics."""
    row = catalog.sizing("autoscaling-latency")
    return computed(
        "lower bound", "between both bounds the number of servers stays",
        lambda metric, target, down, up: (
            None if target is None or metric not in LATENCIES
            else float(f"{target * down / up:.3g}")
        ),
        model.autoscaling.metric, target_of(model, catalog), row.value("down_share"),
        row.value("up_share"),
    )  # fmt: skip


def _at_once(
    model: Model, target: Traced[float], server: Server, catalog: Catalog
) -> Traced[float]:
    metric = model.autoscaling.metric
    if metric.value == CONCURRENT:
        return picked("requests of a replica", "the target", target, metric)
    from stackgen.plan.throughput.speed import engine_of  # read only where a model needs it

    engine, _ = engine_of(server.image.value, server.devices.kind, catalog)
    usual = catalog.roofline("engines").data["max_num_seqs"]
    default: Traced[Any] = catalog.roofline("engines").value(
        "max_num_seqs", engine if engine in usual else "other"
    )
    why = "sequences that a server runs at the same time"
    asked: Traced[Any] = server.concurrency or default
    return picked("requests of a replica", why, asked, metric)
