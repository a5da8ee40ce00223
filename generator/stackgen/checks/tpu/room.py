"""How many nodes there can be for the pods of a workload."""

from __future__ import annotations

from dataclasses import dataclass

from stackgen.checks.tpu.pools import Pool
from stackgen.checks.tpu.view import View
from stackgen.checks.tpu.workloads import COMPUTE_CLASS, Workload
from stackgen.findings.model import Place


@dataclass(frozen=True, slots=True)
class Room:
    """nodes: the most that the pools together can have. places: where that is said."""

    nodes: int
    pools: tuple[Pool, ...]
    places: tuple[Place, ...]


def nodes_for(seen: View, workload: Workload) -> Room | None:
    """The room for single-host pods; None when it is not known, or when GKE may add pools."""
    pools = seen.pools_for(workload)
    if not pools or seen.makes_pools or seen.target(workload).hosts != 1 or workload.grouped:
        return None
    if COMPUTE_CLASS in workload.labels:
        return None
    total, places = 0, []
    for pool in pools:
        limit = pool.limit("max")
        if limit is None or pool.shape is None:
            return None
        if pool.shape.hosts > 1:
            continue
        total += limit[0]
        places.append(pool.place(*limit[1], note=f"at most {limit[0]}"))
    return Room(total, pools, tuple(places))
