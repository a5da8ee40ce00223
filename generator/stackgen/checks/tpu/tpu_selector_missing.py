"""TPU chips are asked for without saying which."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.workloads import ACCELERATOR, COMPUTE_CLASS, TOPOLOGY, TPU, Workload
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tpu-selector-missing",
    family="tpu",
    severity=Severity.ERROR,
    summary="Pods ask for TPU chips but name no generation or no topology.",
    impact=(
        "GKE refuses the pods at admission; a Deployment stays at 0 pods, and only an event of "
        "its ReplicaSet says why."
    ),
    remedy=(
        "Add nodeSelector cloud.google.com/gke-tpu-accelerator and cloud.google.com/gke-tpu- "
        "topology, or cloud.google.com/compute-class."
    ),
    source=(
        "Denial text of GKE's admission check tpu-accelerator-topology-constraints in public "
        "logs; the exemption for compute classes is inferred from "
        "GoogleCloudPlatform/accelerated-platforms@9320f3b"
    ),
    bad="containers: [{name: main, resources: {limits: {google.com/tpu: 4}}}]",
    good="""\
nodeSelector:
  cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
  cloud.google.com/gke-tpu-topology: 2x2
containers: [{name: main, resources: {limits: {google.com/tpu: 4}}}]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pod template that lacks a label."""
    for workload in view(context).tpu:
        if not workload.whole or COMPUTE_CLASS in workload.labels or _queued(workload):
            continue
        missing = [key for key in (ACCELERATOR, TOPOLOGY) if key not in workload.labels]
        if missing:
            path = workload.tpu_containers[0].amount_path(TPU)
            yield RULE.finding(
                f"{workload.called} asks for {TPU} but does not select {' and '.join(missing)}",
                workload.place("nodeSelector", key=True),
                Place(workload.resource, path or (), note="asked for here"),
            )


def _queued(workload: Workload) -> bool:
    """Kueue adds the selectors of the flavour it chooses before the pods are made."""
    labels = workload.resource.metadata.get("labels")
    return isinstance(labels, dict) and "kueue.x-k8s.io/queue-name" in labels
