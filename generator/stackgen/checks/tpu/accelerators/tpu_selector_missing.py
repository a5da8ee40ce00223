"""TPU chips are asked for without saying which."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import ACCELERATOR, COMPUTE_CLASS, TOPOLOGY, TPU, Workload
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each Pod template that lacks a label."""
    for workload in view(context).tpu:
        if not workload.whole or COMPUTE_CLASS in workload.labels or queued(workload):
            continue
        missing = [key for key in (ACCELERATOR, TOPOLOGY) if key not in workload.labels]
        if missing:
            path = workload.tpu_containers[0].amount_path(TPU)
            yield violation(
                f"{workload.display_name} requests {TPU} but does not select "
                f"{' and '.join(missing)}",
                workload.place("nodeSelector", key=True),
                Place(workload.resource, path or (), note="requested here"),
            )


def queued(workload: Workload) -> bool:
    """Whether Kueue adds the selectors of the flavor that it chooses, before the Pods are made."""
    labels = workload.resource.metadata.get("labels")
    return isinstance(labels, dict) and "kueue.x-k8s.io/queue-name" in labels
