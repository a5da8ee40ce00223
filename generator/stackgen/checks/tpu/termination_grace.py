"""Little time to finish running answers."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="termination-grace",
    family="tpu",
    severity=Severity.INFO,
    summary="A TPU model server is killed soon after it is asked to stop.",
    impact="Answers that are being generated are cut off at every update and node drain.",
    remedy="Set terminationGracePeriodSeconds to 60 or more. (Spot nodes give 30 seconds at most.)",
    source="Unverified: a choice; long answers take a minute and more",
    confidence="low",
    bad="terminationGracePeriodSeconds: 10",
    good="terminationGracePeriodSeconds: 120",
)


LEAST = 60


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server with a short period that somebody chose."""
    for workload in view(context).tpu_servers:
        chosen = workload.spec.get("terminationGracePeriodSeconds")
        if isinstance(chosen, int) and chosen < LEAST and workload.serving:
            yield RULE.finding(
                f"{workload.called} has {chosen} s to finish its answers",
                workload.place("terminationGracePeriodSeconds"),
            )
