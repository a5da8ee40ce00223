"""A multi-host pool that cannot hold one whole slice."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Violations, violation
from stackgen.wording import counted


def check(context: Context) -> Violations:
    """One finding for each bound that no slice has."""
    for pool in view(context).tpu_pools:
        if pool.shape is None or pool.shape.hosts == 1:
            continue
        hosts = pool.shape.hosts
        fixed = pool.get("autoscaling") is None
        for which, words, allowed in (
            ("max", "at most ", (hosts,)),
            ("min", "at least ", (0, hosts)),
        ):
            limit = pool.limit(which)
            if limit is None or limit[0] in allowed or (fixed and which == "min"):
                continue
            yield violation(
                f"node pool {pool.name} has {'' if fixed else words}{counted(limit[0], 'node')}; a "
                f"slice of {pool.topology} has {hosts} hosts, all of them or none",
                pool.place(*limit[1]),
                pool.place("placementPolicy", "tpuTopology", note="the slice"),
            )
