"""Little time to finish running answers."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Violations, violation

LEAST = 60


def check(context: Context) -> Violations:
    """One finding for each server with a short period that the manifest sets."""
    for workload in view(context).tpu_servers:
        chosen = workload.spec.get("terminationGracePeriodSeconds")
        if isinstance(chosen, int) and chosen < LEAST and workload.serving:
            yield violation(
                f"{workload.display_name} has {chosen} s to finish its responses",
                workload.place("terminationGracePeriodSeconds"),
            )
