"""A topology on a pool of single hosts."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each such pool."""
    for pool in view(context).tpu_pools:
        if pool.shape is None or pool.shape.hosts > 1 or pool.machine is None:
            continue
        if pool.get("placementPolicy", "tpuTopology") is None:
            continue
        limit = pool.limit("max")
        if limit is not None and limit[0] > 1:
            yield violation(
                f"node pool {pool.name} sets topology {pool.topology}, which one "
                f"{pool.machine_type} has, and can have {limit[0]} nodes",
                pool.place("placementPolicy", "tpuTopology"),
                pool.place(*limit[1], note="refused"),
            )
