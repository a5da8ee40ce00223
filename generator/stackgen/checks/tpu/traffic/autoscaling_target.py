"""A target of autoscaling that is not reached, or at which there are too few servers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.traffic.under_load import figures, load_of, shown
from stackgen.findings.model import Severity, Violations, violation
from stackgen.plan.autoscaling import limit_of
from stackgen.plan.model import ModelPlan
from stackgen.plan.throughput.durations import in_seconds
from stackgen.spec.autoscaling import CONCURRENT

if TYPE_CHECKING:
    from stackgen.plan.throughput.figures import Figure

_NEAR = 0.9  # HorizontalPodAutoscalers ignore 10% around the target
_WORKS = 0.8  # of what a full server shows
_ALL_RUN = "All servers up to `autoscaling.max` run at all times, also without load."
_ALL_STAY = "Servers that were added for a peak run on, also without load."
_LATE = "Requests miss the SLO before servers are added."


def check(context: Context) -> Violations:
    """At most one finding for each model with autoscaling."""
    if context.plan is None or context.loaded is None:
        return
    said = set()
    for model, found in figures(context):
        if model.scaling is None:
            continue
        full, target, idle = found.full_metric, model.scaling.target, found.idle_metric
        asked, name = model.spec.autoscaling, model.spec.name.value
        place = place_of(context, asked.metric if asked.target.value is None else asked.target)
        metric = model.scaling.metric.value
        if full is not None and full.value.value and target.value > _NEAR * full.value.value:
            said.add(name)
            never = full.high is not None and target.value > full.high
            yield violation(
                f"{name} has target {target.value:g} of {metric}; a server at full load has "
                f"{_range(full)}: KEDA {'never adds' if never else 'may never add'} a server; a "
                f"target that works: {float(f'{_WORKS * full.value.value:.2g}'):g}",
                place,
                severity=Severity.ERROR if never else None,
            )
        elif idle is not None and (idle.value.value or 0) > (model.scaling.lower.value or 0):
            said.add(name)
            above = (idle.value.value or 0) > target.value
            what = (
                "adds servers up to autoscaling.max" if above
                else f"never removes a server, which it does below {model.scaling.lower.value:g}"
            )  # fmt: skip
            works = _above_idle(context, model, idle.value.value or 0)
            more: dict[str, str] = {"impact": _ALL_RUN if above else _ALL_STAY}
            if works is None:
                more["remedy"] = f"Use a faster node pool, or raise `slo.{metric}`."
            yield violation(
                f"{name} has target {target.value:g} of {metric}; a request on an idle server "
                f"takes {shown(idle, 's')}: KEDA {what}; "
                + ("no target works" if works is None else f"a target that works: {works:g}"),
                place,
                place_of(context, model.spec.nodePool, note="on this pool"),
                severity=Severity.ERROR if (idle.low or 0) > target.value else None,
                **more,
            )
        elif found.fitting is not None and (found.needed.value.value or 0) <= found.most.value:
            said.add(name)
            yield violation(
                f"{name} has target {target.value:g} of {metric}, at which the traffic gets "
                f"{found.replicas.value} of the {shown(found.needed)} servers that it needs; a "
                f"target that works: {found.fitting:g}",
                place,
                place_of(context, load_of(model.spec), note="the traffic"),
            )
    for model in context.plan.servers:
        if model.spec.name.value not in said:
            yield from _above_server(context, model)
            yield from _above_limit(context, model)


def _above_idle(context: Context, model: ModelPlan, idle: float) -> float | None:
    """A target with a lower bound above `idle`, in seconds; None where that is above the SLO."""
    share, limit = context.catalog.sizing("autoscaling-latency").data, limit_of(model.spec).value
    least = _rounded_up(idle * share["up_share"] / share["down_share"])
    if limit is None:
        return least
    usual = target_share(context, in_seconds(limit))
    return max(usual, least) if least < in_seconds(limit) else None


def _rounded_up(number: float) -> float:
    """To two digits."""
    unit: float = 10 ** (math.floor(math.log10(number)) - 1)
    return float(f"{math.ceil(number / unit) * unit:.2g}")


def _above_limit(context: Context, model: ModelPlan) -> Violations:
    """A latency that KEDA lets rise above the SLO."""
    limit = limit_of(model.spec)
    if model.scaling is None or limit.value is None:
        return
    target, seconds = model.scaling.target, in_seconds(limit.value)
    given = getattr(model.spec.slo, model.scaling.metric.value)
    if target.value > seconds:
        yield violation(
            f"{model.spec.name.value} has target {target.value:g} of {model.scaling.metric.value}; "
            f"the SLO is {limit.value}: KEDA adds servers after it is missed; a target that works: "
            f"{target_share(context, seconds):g}",
            place_of(context, target),
            place_of(context, getattr(given, model.scaling.at.value), note="the SLO"),
            impact=_LATE,
        )


def target_share(context: Context, seconds: float) -> float:
    """The usual target for a limit."""
    share = context.catalog.sizing("autoscaling-latency").data["up_share"]
    return float(f"{share * seconds:.3g}")


def _range(figure: Figure) -> str:
    ends = [end for end in (figure.low, figure.high) if end is not None]
    one, *some = [f"{n:,.0f}" if n >= 10 else f"{n:.2g}" for n in (figure.value.value or 0, *ends)]
    return f"{one} ({' to '.join(dict.fromkeys(some))}, {figure.basis.kind})"


def _above_server(context: Context, model: ModelPlan) -> Violations:
    """More requests than a server takes at the same time."""
    scaling, most = model.scaling, model.server.concurrency
    if scaling is None or most is None or scaling.metric.value != CONCURRENT:
        return
    if scaling.target.value > most.value:
        yield violation(
            f"{model.spec.name.value} has target {scaling.target.value:g} of {CONCURRENT}, and a "
            f"server runs {most.value} sequences: KEDA adds servers only while requests wait; "
            f"a target that works: {_WORKS * most.value:.0f}",
            place_of(context, scaling.target),
            place_of(context, most, note="sequences of a server"),
        )
