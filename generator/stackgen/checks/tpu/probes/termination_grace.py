"""Little time to finish running answers."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


LEAST = 60


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server with a short period that the manifest sets."""
    for workload in view(context).tpu_servers:
        chosen = workload.spec.get("terminationGracePeriodSeconds")
        if isinstance(chosen, int) and chosen < LEAST and workload.serving:
            yield RULE.finding(
                f"{workload.display_name} has {chosen} s to finish its responses",
                workload.place("terminationGracePeriodSeconds"),
            )
