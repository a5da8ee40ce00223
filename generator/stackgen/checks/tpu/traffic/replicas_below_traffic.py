"""Replicas that do not hold the traffic, or not at the latency that the SLO asks for."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import most_of, place_of
from stackgen.checks.tpu.traffic.under_load import (
    figures,
    limit_in_words,
    load_of,
    shown,
)
from stackgen.findings.model import Violations, violation
from stackgen.origin import Traced


def check(context: Context) -> Violations:
    """One finding for each model that needs more replicas than the spec gives it."""
    for model, found in figures(context):
        replicas, needed = found.most.value, found.needed.value.value
        if found.never or (needed is not None and replicas >= needed):
            continue
        name: str = "replicas"
        field: Traced[Any] = model.spec.replicas
        if model.scaling is not None:
            name, field = "autoscaling.max", model.spec.autoscaling.max
        load = found.utilization
        missed = [limit_in_words(limit) for limit in found.missed if load.value.value is not None]
        if load.value.value is None:
            why = "no replica can serve the traffic"
        elif load.value.value >= 1:
            why = f"the traffic is {load.value.value:.0%} of the capacity, so queues grow"
        elif missed:
            why = f"they do not meet {', '.join(missed)}"
        else:
            why = f"they run at {load.value.value:.0%} of full load, without a margin for bursts"
        enough = (
            "no number that was tried is enough"
            if needed is None
            else (f"needed: {shown(found.needed)}")
        )
        yield violation(
            f"{model.spec.name.value} has {name}: {replicas}; {why}; {enough}",
            place_of(context, field),
            place_of(context, load_of(model.spec), note="the traffic"),
            remedy=f"Set `{most_of(model)}: {needed}`, and raise `nodes.max` of the node pool if "
            "the replicas do not fit."
            if needed
            else "",
        )
