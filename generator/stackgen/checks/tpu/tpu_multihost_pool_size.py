"""A multi-host pool that cannot hold one whole slice."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="tpu-multihost-pool-size",
    family="tpu",
    severity=Severity.ERROR,
    summary="A multi-host node pool may have another number of nodes than its slice.",
    impact=(
        "Google Cloud refuses the pool: the maximum must be the number of hosts, and the pool "
        "is either empty or whole."
    ),
    remedy=(
        "Set the maximum to chips of the topology / chips of a host, the minimum to 0 or the "
        "same. More slices are more pools."
    ),
    source=(
        "API error in johnahull/rhaii-on-xks-gke commit 1db302b; GKE autoscaler 7d25050 "
        "gke_cloud_provider_impl.go"
    ),
    bad="""\
placementPolicy: {type: COMPACT, tpuTopology: 4x4}   # 4 hosts
autoscaling: {minNodeCount: 0, maxNodeCount: 8}
""",
    good="""\
placementPolicy: {type: COMPACT, tpuTopology: 4x4}
autoscaling: {minNodeCount: 0, maxNodeCount: 4}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each bound that no slice has."""
    for pool in view(context).tpu_pools:
        if pool.shape is None or pool.shape.hosts == 1:
            continue
        hosts = pool.shape.hosts
        for which, allowed in (("max", (hosts,)), ("min", (0, hosts))):
            limit = pool.limit(which)
            if limit is None or limit[0] in allowed:
                continue
            words = "at most" if which == "max" else "at least"
            yield RULE.finding(
                f"node pool {pool.name} has {words} {counted(limit[0], 'node')}; a slice of "
                f"{pool.topology} is {hosts} hosts, all of them or none",
                pool.place(*limit[1]),
                pool.place("placementPolicy", "tpuTopology", note="the slice"),
            )
