"""Auto-provisioning without a limit for this TPU."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import ACCELERATOR, COMPUTE_CLASS
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each type of TPU that only auto-provisioning could bring."""
    seen = view(context)
    if len(seen.clusters) != 1 or not seen.pools:
        return
    (cluster,) = seen.clusters
    path = ("spec", "clusterAutoscaling", "resourceLimits")
    limits = cluster.get(*path)
    if cluster.get("spec", "clusterAutoscaling", "enabled") is not True:
        return
    named = {str(x.get("resourceType")) for x in limits or () if isinstance(x, dict)}
    said: set[str] = set()
    for workload in seen.tpu:
        label = workload.label(ACCELERATOR)
        if label is None or label in named or label in said or seen.pools_for(workload):
            continue
        if COMPUTE_CLASS in workload.labels or seen.target(workload).generation is None:
            continue
        said.add(label)
        yield violation(
            f"no node pool has {label}, and cluster {cluster.name} sets no limit for it to "
            "create one",
            Place(cluster, path),
            Place(workload.resource, workload.labels[ACCELERATOR].path, note="wanted here"),
        )
