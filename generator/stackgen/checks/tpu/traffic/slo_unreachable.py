"""A latency that not even a single request holds."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.traffic.under_load import figures, limit_in_words, shown
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each limit that no number of replicas holds."""
    for model, found in figures(context):
        for limit, alone in found.never:
            where = model.server.devices.where
            yield violation(
                f"{model.spec.name.value}: {limit_in_words(limit)} holds with no number of "
                f"replicas: a request on an idle server on {where} takes {shown(alone, 's')}",
                place_of(context, limit.given),
                place_of(context, model.spec.nodePool, note="on this pool"),
            )
