"""How many nodes there can be for the Pods of a workload."""

from __future__ import annotations

from stackgen.checks.tpu.view import View
from stackgen.facts.pools import Pools
from stackgen.facts.workloads import (
    ACCELERATOR,
    COMPUTE_CLASS,
    NODE_POOL,
    TOPOLOGY,
    Workload,
)
from stackgen.findings.model import Place
from stackgen.record import record


@record
class NodeCapacity:
    """nodes: the most that the pools together can have. places: where that is said."""

    nodes: int
    pools: Pools
    places: tuple[Place, ...]


def nodes_for(seen: View, workload: Workload) -> NodeCapacity | None:
    """The room for single-host Pods; None when it is not known, or when GKE may add pools."""
    pools = seen.pools_for(workload)
    if seen.may_add_pools(workload) or seen.target(workload).hosts != 1 or workload.grouped:
        return None
    if COMPUTE_CLASS in workload.labels or workload.dynamic_slice:
        return None
    if not pools:
        return _of_profile(seen, workload) if not seen.pools else None
    single = pools.single_hosts
    if single is None:
        return None
    return NodeCapacity(sum(single.nodes_by_gpus.values()), pools, single.places)


def _of_profile(seen: View, workload: Workload) -> NodeCapacity | None:
    """What the profile says of the cluster's pools: `nodePools: [{accelerator, topology, ...}]`."""
    given = seen.context.profile.get("nodePools")
    limits = []
    for pool in given if isinstance(given, list) else ():
        labels = (pool.get("accelerator"), pool.get("topology"))
        if labels == (workload.label(ACCELERATOR), workload.label(TOPOLOGY)):
            limits.append(pool.get("maxNodes"))
    if not limits or not all(isinstance(n, int) for n in limits) or NODE_POOL in workload.labels:
        return None
    return NodeCapacity(sum(limits), Pools(), ())
