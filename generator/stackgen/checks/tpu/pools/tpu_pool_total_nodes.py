"""A node pool of a slice with several hosts that limits nodes in total, not by zone."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each autoscaled pool of such a slice."""
    for pool in view(context).tpu_pools:
        if pool.shape is None or pool.shape.hosts == 1:
            continue
        path = ("spec", "autoscaling")
        total = pool.resource.get(*path, "totalMaxNodeCount")
        if total is not None and pool.resource.get(*path, "maxNodeCount") is None:
            yield violation(
                f"totalMaxNodeCount is {total} and maxNodeCount is not set; a slice of "
                f"{pool.shape.hosts} hosts needs maxNodeCount",
                Place(pool.resource, (*path, "totalMaxNodeCount")),
            )
