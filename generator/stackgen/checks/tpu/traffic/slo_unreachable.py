"""A latency that not even a single request holds."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.traffic.under_load import figures, limit_in_words, shown
from stackgen.findings.model import Violations, violation
from stackgen.plan.throughput.durations import in_words


def check(context: Context) -> Violations:
    """One finding for each limit that no number of replicas holds."""
    for model, found in figures(context):
        for limit, alone in found.never:
            where = model.server.devices.where
            yield violation(
                f"{model.spec.name.value}: {limit_in_words(limit)} cannot be met with any "
                f"number of replicas: a request on an idle server on {where} takes "
                f"{shown(alone, 's')}",
                place_of(context, limit.given),
                place_of(context, model.spec.nodePool, note="on this pool"),
                remedy="Use a larger `topology`, a different `accelerator` or a smaller model"
                + (f", or set the limit to {in_words(alone.high)} or more." if alone.high else "."),
            )
