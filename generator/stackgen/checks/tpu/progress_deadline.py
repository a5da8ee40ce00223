"""A roll-out declared failed while the server still starts."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.patience import patience
from stackgen.checks.tpu.quantity import whole
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="progress-deadline",
    family="tpu",
    severity=Severity.INFO,
    summary=(
        "The Deployment's progress deadline is shorter than the time its server may take to start."
    ),
    impact=(
        "The Deployment reports that it failed to progress, Argo CD shows it as degraded and "
        "helm --wait gives up, though the pod is fine."
    ),
    remedy=(
        "Set progressDeadlineSeconds above periodSeconds x failureThreshold of the startupProbe."
    ),
    source="Kubernetes documentation, Deployments: progressDeadlineSeconds is 600 unless set",
    confidence="medium",
    bad="""\
progressDeadlineSeconds: 600
startupProbe: {periodSeconds: 30, failureThreshold: 120}   # 3600 s
""",
    good="""\
progressDeadlineSeconds: 4000
startupProbe: {periodSeconds: 30, failureThreshold: 120}
""",
)


DEFAULT = 600


def check(context: Context) -> Iterator[Finding]:
    """One finding for each Deployment whose own startupProbe allows more."""
    for workload in view(context).tpu_servers:
        server, resource = workload.server, workload.resource
        if resource.kind != "Deployment" or server is None or not server.probe("startupProbe"):
            continue
        allowed = patience(server)
        deadline = whole(resource.get("spec", "progressDeadlineSeconds"))
        if resource.get("spec", "progressDeadlineSeconds") is None:
            deadline = DEFAULT
        if allowed is None or deadline is None or deadline >= allowed.seconds:
            continue
        yield RULE.finding(
            f"{workload.called} is declared failed after {deadline} s; its server may take "
            f"{allowed.seconds} s to start ({allowed.sum})",
            Place(resource, ("spec", "progressDeadlineSeconds")),
            allowed.place,
        )
