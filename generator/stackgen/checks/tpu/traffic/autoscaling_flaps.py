"""A metric by which servers are removed that a steady load needs."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import field_of, place_of
from stackgen.checks.tpu.traffic.under_load import figures, load_of
from stackgen.findings.model import Violations, violation
from stackgen.spec.autoscaling import CONCURRENT, HELD, LATENCIES, WAITING

_INSTEAD = (HELD, WAITING, *LATENCIES)  # what does not grow with the load


def check(context: Context) -> Violations:
    """One finding for each model whose number of servers goes up and down."""
    for model, found in figures(context):
        scaling, falls = model.scaling, found.falls_to
        # From zero, a second trigger counts the requests.
        if scaling is None or falls is None or scaling.to_zero.value:
            continue
        (fewer, shows), count, metric = falls, found.replicas.value, scaling.metric.value
        yield violation(
            f"{model.spec.name.value} follows {metric} with target {scaling.target.value:g}; under "
            f"the traffic, {count} servers have {shows:.3g} each: KEDA scales down to {fewer}, "
            "where the metric exceeds the target, and up again",
            place_of(context, scaling.metric),
            place_of(context, load_of(model.spec), note="the traffic"),
            remedy=f"Set `{field_of(model, 'autoscaling.min')}: {count}`, or `"
            + field_of(model, "autoscaling.")
            + (f"metric: {CONCURRENT}`." if metric in _INSTEAD else f"target: {_floor(shows):g}`."),
        )


def _floor(value: float) -> float:
    """With two digits, not above the value."""
    return float(f"{value * 0.98:.2g}")
