"""A server that is killed while it compiles."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.startup_budget import startup_budget
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


# Compilation alone has taken 334 s; the measured range with load and download begins at 6 minutes.
NEEDED = 600


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server that has less than ten minutes."""
    for workload in view(context).tpu_servers:
        server = workload.server
        allowed = startup_budget(server) if server and workload.whole else None
        if server is None or allowed is None or allowed.seconds >= NEEDED:
            continue
        yield RULE.finding(
            f"{workload.display_name} is killed {allowed.seconds} s after it starts "
            f"({allowed.sum}); compilation for the TPU takes 5 to 22 minutes",
            allowed.place,
        )
