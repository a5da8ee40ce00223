"""An update that waits for a node that never comes."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.node_capacity import nodes_for
from stackgen.checks.tpu.pools.tpu_slices_need_pools import slices_of
from stackgen.checks.tpu.pools.update_surge import surge_of
from stackgen.checks.tpu.view import View, view
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each workload whose update cannot make progress."""
    seen = view(context)
    for resource, workload in {id(w.resource): (w.resource, w) for w in seen.tpu}.values():
        replicas = workload.replicas.value
        # Of services avail-rollout-capacity speaks.
        room = _room(seen, workload)
        surge = surge_of(resource, replicas) if replicas else None
        if room is None or not replicas or replicas > room[0] or surge is None:
            continue
        most, what, places = room
        if replicas + surge > most:
            old = "Pods run; the node pool has" if what == "nodes" else "groups run; there are"
            yield violation(
                f"a rollout of {resource.kind} {resource.name} needs {replicas + surge} {what} "
                f"while the old {old} at most {most}",
                Place(resource, workload.replicas.path),
                *places,
            )


def _room(seen: View, workload: Workload) -> tuple[int, str, tuple[Place, ...]] | None:
    """The most nodes, or slices of several hosts: their number, and where it is said."""
    if (seen.target(workload).hosts or 1) == 1:
        found = nodes_for(seen, workload)
        return None if found is None else (found.nodes, "nodes", found.places)
    slices = slices_of(seen, workload)
    if seen.makes_pools or workload.dynamic_slice or not slices:
        return None
    return (
        len(slices),
        "slices",
        (slices[0].place("placementPolicy", "tpuTopology", note="a slice"),),
    )
