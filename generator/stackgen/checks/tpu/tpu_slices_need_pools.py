"""More groups than there are slices."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tpu-slices-need-pools",
    family="tpu",
    severity=Severity.ERROR,
    summary="More groups of pods are asked for than there are multi-host node pools.",
    impact="One multi-host pool is one slice: the groups beyond stay Pending for ever.",
    remedy=(
        "Add a node pool for each further group, or let GKE make them (node auto-provisioning, "
        "ComputeClass)."
    ),
    source=(
        "GKE autoscaler 7d25050 gke_cloud_provider_impl.go: multi-host pools scale to 0 or whole"
    ),
    bad="replicas: 2   # and one node pool of topology 4x4",
    good="replicas: 2   # and two node pools of topology 4x4",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each group set that is larger than the pools it may use."""
    seen = view(context)
    said: set[int] = set()
    for workload in seen.tpu:
        pools = [p for p in seen.pools_for(workload) if p.shape and p.shape.hosts > 1]
        groups, hosts = workload.replicas.value, seen.target(workload).hosts or 1
        if seen.makes_pools or not pools or hosts == 1 or not workload.grouped:
            continue
        if groups is None or groups <= len(pools) or id(workload.resource) in said:
            continue
        said.add(id(workload.resource))
        yield RULE.finding(
            f"{workload.called} has {counted(groups, 'group')}; "
            f"{counted(len(pools), 'node pool')} can take one each: "
            + ", ".join(p.name for p in pools),
            Place(workload.resource, workload.replicas.path),
            pools[0].place("placementPolicy", "tpuTopology", note="one slice"),
        )
