"""An update that waits for a node that never comes."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.node_capacity import nodes_for
from stackgen.checks.tpu.pools.update_surge import surge_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each Deployment whose update cannot make progress."""
    seen = view(context)
    for workload in seen.tpu:
        resource, replicas = workload.resource, workload.replicas.value
        if resource.kind != "Deployment" or not replicas:
            continue  # of services avail-rollout-capacity speaks
        room = nodes_for(seen, workload)
        if room is None or replicas > room.nodes:
            continue
        surge = surge_of(resource, replicas)
        if surge is None:
            continue
        if replicas + surge > room.nodes:
            yield violation(
                f"a rollout of {workload.display_name} needs {replicas + surge} nodes while the "
                f"old Pods run; the node pool has at most {room.nodes}",
                Place(resource, workload.replicas.path),
                *room.places,
            )
