"""A topology that two machine types build with the same labels."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.workloads import COMPUTE_CLASS, COUNT, INSTANCE_TYPE, NODE_POOL, TOPOLOGY
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tpu-topology-ambiguous-2x4",
    family="tpu",
    severity=Severity.WARNING,
    summary=(
        "Several machine types build this topology under the same labels, and the pods do not "
        "say which."
    ),
    impact=(
        "Pods with fewer chips than a host has may be put on the larger host; there they are "
        "refused at admission."
    ),
    remedy=(
        "Add nodeSelector cloud.google.com/gke-accelerator-count, or name the node pool or "
        "machine type."
    ),
    source=(
        "GKE autoscaler (GoogleCloudPlatform/cluster-autoscaler@7d25050) "
        "pkg/autoprovisioning/tpu_requests.go; the outcome is inferred"
    ),
    confidence="medium",
    bad="""\
nodeSelector: {cloud.google.com/gke-tpu-topology: 2x4}   # and google.com/tpu: 4
""",
    good="""\
nodeSelector: {cloud.google.com/gke-tpu-topology: 2x4, cloud.google.com/gke-accelerator-count: '4'}
""",
)

TELLING = (COUNT, INSTANCE_TYPE, NODE_POOL, COMPUTE_CLASS)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pod template that a larger host might get."""
    seen = view(context)
    for workload in seen.tpu:
        if not workload.whole or any(key in workload.labels for key in TELLING):
            continue
        target = seen.target(workload)
        larger = [s for s in target.shapes if target.shape and s.per_host > target.shape.per_host]
        pools = [p.machine_type for p in seen.pools_for(workload)]
        if not larger or (pools and larger[0].machine not in pools):
            continue
        yield RULE.finding(
            f"{target.topology} may be {larger[0].hosts} x {larger[0].machine} as well, whose "
            f"{larger[0].per_host} chips a pod must take together; the pod asks for "
            f"{workload.chips}",
            Place(workload.resource, workload.labels[TOPOLOGY].path),
            # Whether there are such hosts is known from the pools only.
            severity=None if pools else Severity.INFO,
        )
