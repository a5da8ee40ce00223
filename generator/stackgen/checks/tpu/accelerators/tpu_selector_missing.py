"""TPU chips are asked for without saying which."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import ACCELERATOR, COMPUTE_CLASS, TOPOLOGY, TPU, Workload
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pod template that lacks a label."""
    for workload in view(context).tpu:
        if not workload.whole or COMPUTE_CLASS in workload.labels or _queued(workload):
            continue
        missing = [key for key in (ACCELERATOR, TOPOLOGY) if key not in workload.labels]
        if missing:
            path = workload.tpu_containers[0].amount_path(TPU)
            yield RULE.finding(
                f"{workload.display_name} requests {TPU} but does not select "
                f"{' and '.join(missing)}",
                workload.place("nodeSelector", key=True),
                Place(workload.resource, path or (), note="requested here"),
            )


def _queued(workload: Workload) -> bool:
    """Kueue adds the selectors of the flavour it chooses before the pods are made."""
    labels = workload.resource.metadata.get("labels")
    return isinstance(labels, dict) and "kueue.x-k8s.io/queue-name" in labels
