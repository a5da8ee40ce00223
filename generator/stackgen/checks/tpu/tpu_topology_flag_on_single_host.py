"""A topology on a pool of single hosts."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="tpu-topology-flag-on-single-host",
    family="tpu",
    severity=Severity.WARNING,
    summary="A pool of single-host slices states a TPU topology and is to grow past one node.",
    impact=(
        "Google Cloud takes the topology for the size of the whole pool and refuses more than "
        "one node."
    ),
    remedy=(
        "Leave placementPolicy.tpuTopology out: the machine type says it all, and the pool "
        "scales from 0 to any number."
    ),
    source=(
        "AI-Hypercomputer/xpk@367c838 nodepool.py; ai-on-gke/tpu-provisioner "
        "internal/cloud/gke.go; API error in johnahull/rhaii-on-xks-gke commit 1db302b"
    ),
    bad="""\
nodeConfig: {machineType: ct6e-standard-4t}
placementPolicy: {tpuTopology: 2x2}
autoscaling: {minNodeCount: 0, maxNodeCount: 3}
""",
    good="""\
nodeConfig: {machineType: ct6e-standard-4t}
autoscaling: {minNodeCount: 0, maxNodeCount: 3}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each such pool."""
    for pool in view(context).tpu_pools:
        if pool.shape is None or pool.shape.hosts > 1 or pool.machine is None:
            continue
        if pool.get("placementPolicy", "tpuTopology") is None:
            continue
        limit = pool.limit("max")
        if limit is not None and limit[0] > 1:
            yield RULE.finding(
                f"node pool {pool.name} states topology {pool.topology}, which one "
                f"{pool.machine_type} holds, and is to grow to {limit[0]} nodes",
                pool.place("placementPolicy", "tpuTopology"),
                pool.place(*limit[1], note="refused"),
            )
