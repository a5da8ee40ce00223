"""Alerts on the error budget of an SLO: each compares a long and a short window.

A percentile p leaves 1 - p of the requests as budget. What is slower than the limit is counted by
the buckets of the engine's histogram; between two bounds, requests count as spread evenly.
Source: Google, The Site Reliability Workbook, chapter 5, multiwindow, multi-burn-rate alerts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.origin import Traced, computed, known, literal
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.throughput.durations import in_seconds
from stackgen.platforms.registry import rendering_of
from stackgen.spec.traffic import Percentiles, Traffic, percentiles

# Times the budget, long and short window, how long the alert waits, severity.
_BURNS = (
    (14.4, "1h", "5m", "2m", "critical"),
    (6.0, "6h", "30m", "15m", "critical"),
    (1.0, "3d", "6h", "1h", "warning"),
)
_METRICS = (("ttft", "first_token"), ("tpot", "time_per_token"))
_BUDGETS = {"p50": 0.5, "p90": 0.1, "p95": 0.05, "p99": 0.01}


def slo_rules(plan: Plan) -> Iterator[dict[str, Any]]:
    """The alerts of every limit that the spec sets, for metrics whose buckets are known."""
    roles = (
        (role, asked.traffic)
        for model, asked in zip(plan.models, plan.stack.spec.serving.models, strict=True)
        for role in (model, model.prefill) if role is not None
    )  # fmt: skip
    for model, traffic in roles:
        for metric, key in _METRICS:
            if not any(known(limit) for limit in percentiles(getattr(model.spec.slo, metric))):
                continue
            row, name = plan.catalog.row("metrics", "vllm"), plan.release.optional("metrics", key)
            buckets = row.get("buckets", name.value) if row is not None and name else None
            if name is not None and buckets is not None:
                limits = getattr(model.spec.slo, metric)
                yield from _of_metric(plan, model, metric, limits, name, buckets, _load(traffic))


def _of_metric(
    plan: Plan, model: ModelPlan, metric: str, limits: Percentiles, name: Traced[str],
    buckets: Traced[list[float]], load: Traced[str],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    for at, budget in _BUDGETS.items():
        limit = known(getattr(limits, at))
        for burn in _BURNS if limit is not None else ():
            # More than all requests cannot be too slow.
            if limit is not None and burn[0] * budget < 1:
                yield _rule(plan, model, f"{metric} {at}", limit, budget, burn, name, buckets, load)


def _rule(
    plan: Plan, model: ModelPlan, of: str, limit: Traced[str], budget: float,
    burn: tuple[float, str, str, str, str], name: Traced[str], buckets: Traced[list[float]],
    load: Traced[str],
) -> dict[str, Any]:  # fmt: skip
    factor, long, short, wait, severity = burn
    query = computed(
        "query", "requests slower than the limit, in a long and a short window",
        lambda name, bounds, limit, where: " and ".join(
            f"{_slow(name, bounds, in_seconds(limit), where[1:-1], window)} > {factor * budget:g}"
            for window in (long, short)
        ),
        name, buckets, limit, series_of(plan, model),
    )  # fmt: skip
    summary = computed(
        "summary", "for the person on call",
        lambda name, limit: (
            f"More than {factor * budget:.0%} of the requests of {name} miss {of} of {limit}. At "
            f"this rate the budget of 30 days lasts {30 / factor:.2g} days."
        ),
        model.spec.name, limit,
    )  # fmt: skip
    return {
        "alert": "LatencyBudgetBurns",
        "expr": query,
        "for": wait,
        "labels": {
            "severity": severity, "model": model.spec.name, "slo": literal(of, "observe/slo", ""),
        },
        "annotations": {"summary": summary, "description": load},
    }  # fmt: skip


def _load(traffic: Traffic) -> Traced[str]:
    """The load that the limit is for: with more of it, servers are missing.

    traffic: of clients, not of the servers of one role.
    """
    return computed(
        "load", "the limit is for this load", _load_said, traffic.requestsPerSecond, traffic.users,
        traffic.inputTokens, traffic.outputTokens, traffic.prefixShare,
    )  # fmt: skip


def _load_said(
    requests: float | None, users: int | None, prompt: int | None, answer: int | None, cached: float
) -> str:
    many = f"{users} users" if requests is None else f"{requests} requests per second"
    prefix = f", of which {100 * cached:.10g}% are in the prefix cache" if cached else ""
    return f"The limit is for {many}, {answer} output tokens and {prompt} input tokens{prefix}."


def series_of(plan: Plan, model: ModelPlan) -> Traced[str]:
    """A selector of the series of the servers of a model, in braces."""
    return computed(
        "series", "of the servers of the model",
        lambda space, served, pods: f"{{{_where(pods, space, served)}}}",
        plan.stack.spec.serving.namespace, model.served_name,
        [rendering_of(plan).pods(model)] if model.role else [],
    )  # fmt: skip


def _where(pods: Sequence[str], space: str, served: str) -> str:
    """Labels of the series. A prefill server counts prompts, a decode server answers."""
    quoted = served.replace("\\", "\\\\").replace('"', '\\"')
    of_role = "".join(f',pod=~"{names}"' for names in pods)
    return f'namespace="{space}",model_name="{quoted}"{of_role}'


def _slow(name: str, bounds: Sequence[float], limit: float, where: str, window: str) -> str:
    """The share of requests above `limit` seconds, as a query."""
    above = min(bisect_left(bounds, limit), len(bounds) - 1)
    low, high = (bounds[above - 1] if above else 0.0), bounds[above]
    share = min(1.0, (limit - low) / (high - low))
    parts = [(low, 1 - share), (high, share)]
    good = " + ".join(
        f"{_times(part)}sum(rate({name}_bucket{{{where},{_bound(bound)}}}[{window}]))"
        for bound, part in parts
        if bound and round(part, 4)
    )
    return f"(1 - ({good}) / sum(rate({name}_count{{{where}}}[{window}])))"


def _times(part: float) -> str:
    return "" if round(part, 4) == 1 else f"{part:.4f} * "


def _bound(bound: float) -> str:
    """A matcher of `le`: whole numbers are written with and without decimals."""
    return f'le=~"{bound:g}([.]0)?"' if float(bound).is_integer() else f'le="{bound:g}"'
