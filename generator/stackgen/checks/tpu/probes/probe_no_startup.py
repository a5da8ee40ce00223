"""A server that is killed while it compiles."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.lifecycle import startup_budget
from stackgen.findings.model import Violations, violation

# Compilation alone has taken 334 s; the measured range with load and download begins at 6 minutes.
NEEDED = 600


def check(context: Context) -> Violations:
    """One finding for each server that has less than ten minutes."""
    for workload in view(context).tpu_servers:
        server = workload.server
        allowed = startup_budget(server) if server and workload.whole else None
        if server is None or allowed is None or allowed.seconds >= NEEDED:
            continue
        yield violation(
            f"{workload.display_name} is killed {allowed.seconds} s after it starts "
            f"({allowed.sum}); compilation for the TPU takes 5 to 22 minutes",
            allowed.place,
        )
