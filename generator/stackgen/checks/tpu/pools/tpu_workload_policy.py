"""A slice of several hosts of a generation that needs a workload policy."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each node pool that has a topology, and no policy."""
    for pool in view(context).tpu_pools:
        if pool.shape is None or pool.shape.hosts == 1 or pool.generation is None:
            continue
        needed = pool.generation.data.get("workload_policy") is True
        policy = pool.get("placementPolicy", "policyNameRef")
        if needed and policy is None and pool.get("placementPolicy", "tpuTopology") is not None:
            yield violation(
                f"node pool {pool.name} has {pool.shape.hosts} hosts of {pool.generation.key} and "
                "names no workload policy",
                pool.place("placementPolicy", "tpuTopology"),
            )
