"""A latency that not even a single request holds."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.traffic.under_load import figures, limit_in_words, shown
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each limit that no number of replicas holds."""
    for model, found in figures(context):
        for limit, alone in found.never:
            where = model.server.devices.where
            yield RULE.finding(
                f"{model.spec.name.value}: {limit_in_words(limit)} holds with no number of "
                f"replicas: a request on an idle server on {where} takes {shown(alone, 's')}",
                place_of(context, limit.given),
                place_of(context, model.spec.nodePool, note="on this pool"),
            )
