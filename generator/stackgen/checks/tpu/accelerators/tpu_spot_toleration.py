"""Spot nodes with a taint that the Pods do not tolerate."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import Pool
from stackgen.facts.workloads import SPOT, Workload
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path


def check(context: Context) -> Violations:
    """One finding for each Pod template whose only pools carry the taint."""
    seen = view(context)
    for workload in seen.tpu:
        pools = seen.pools_for(workload)
        if not pools.all_are(_taint) or not workload.whole or _tolerates(workload):
            continue
        path = _taint(pools[0]) or ()
        yield violation(
            f"{workload.display_name} does not tolerate the taint {SPOT} of node pool "
            f"{pools[0].name}",
            workload.place("tolerations", key=True),
            pools[0].place(*path, note="the taint"),
        )


def _taint(pool: Pool) -> Path | None:
    taints = pool.get("nodeConfig", "taint")
    for i, taint in enumerate(taints if isinstance(taints, list) else ()):
        hard = isinstance(taint, dict) and taint.get("effect") in ("NO_SCHEDULE", "NO_EXECUTE")
        if hard and taint.get("key") == SPOT:
            return ("nodeConfig", "taint", i)
    return None


def _tolerates(workload: Workload) -> bool:
    given = workload.spec.get("tolerations")
    for one in given if isinstance(given, list) else ():
        if not isinstance(one, dict):
            continue
        if one.get("key") == SPOT or (not one.get("key") and one.get("operator") == "Exists"):
            return True
    return False
