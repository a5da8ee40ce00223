"""A server that is killed while it compiles."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.patience import patience
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="probe-no-startup",
    family="tpu",
    severity=Severity.ERROR,
    summary="A TPU model server is killed by its probes before it can have started.",
    impact=(
        "The kubelet kills the pod during XLA compilation, compilation begins again, and so for "
        "ever."
    ),
    remedy=(
        "Add a startupProbe whose periodSeconds x failureThreshold covers download, load and "
        "compilation: 30 minutes for small models, 60 for large ones. Keep the livenessProbe "
        "short."
    ),
    source=(
        "Measured compilation of 334 s for one model on one v6e chip, 6 to 22 minutes on v5e "
        "(public logs); llm-d/llm-d@81132e9 allows 60 minutes"
    ),
    bad="""\
livenessProbe:
  httpGet: {path: /health, port: 8000}
  initialDelaySeconds: 240
  periodSeconds: 30
  failureThreshold: 5
""",
    good="""\
startupProbe:
  httpGet: {path: /health, port: 8000}
  periodSeconds: 30
  failureThreshold: 120
livenessProbe:
  httpGet: {path: /health, port: 8000}
""",
)


# Compilation alone has taken 334 s; the measured range with load and download begins at 6 minutes.
NEEDED = 600


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server that has less than ten minutes."""
    for workload in view(context).tpu_servers:
        server = workload.server
        allowed = patience(server) if server and workload.whole else None
        if server is None or allowed is None or allowed.seconds >= NEEDED:
            continue
        yield RULE.finding(
            f"{workload.called} is killed {allowed.seconds} s after it starts ({allowed.sum}); "
            "compiling for the TPU alone takes 5 to 22 minutes",
            allowed.place,
        )
