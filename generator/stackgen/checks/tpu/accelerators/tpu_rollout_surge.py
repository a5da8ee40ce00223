"""An update that waits for a node, or for a slice, that never comes."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.node_capacity import nodes_for
from stackgen.checks.tpu.pools.tpu_slices_need_pools import slices_of
from stackgen.checks.tpu.pools.update_surge import surge_of
from stackgen.checks.tpu.pools.wanted import fewest
from stackgen.checks.tpu.view import View, view
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Violation, Violations, violation
from stackgen.record import record


@record
class _Room:
    """most: nodes of pools, or slices, which is what. places: where that is said."""

    most: int
    what: str
    pools: tuple[str, ...]
    places: tuple[Place, ...]


@record
class _Share:
    """Nodes or slices that a workload takes, and that its update takes in addition."""

    workload: Workload
    replicas: int
    surge: int
    room: _Room


def check(context: Context) -> Violations:
    """One finding for each workload whose update cannot make progress, or for all of a pool."""
    seen = view(context)
    sharing: dict[tuple[str, ...], list[_Share]] = {}
    # Leader and workers of a group have the same replicas.
    each = {(id(w.resource), w.replicas.path): w for w in seen.tpu}
    for workload in each.values():
        room, given = _room(seen, workload), workload.replicas.value
        least = fewest(context, workload)
        count = given if least is None else least[0]
        if room is None or not count:
            continue
        surge = surge_of(workload, count) if count == given else None  # else a scaler lowers it
        share = _Share(workload, count, surge or 0, room)
        alone = count + share.surge > room.most >= count
        if alone and workload.service is None:
            yield _finding(context, share, 0)
        elif not alone:  # of a service alone, avail-rollout-capacity speaks
            sharing.setdefault(room.pools, []).append(share)
    for shares in sharing.values():
        largest = max(shares, key=lambda one: one.surge)
        others = sum(one.replicas for one in shares) - largest.replicas
        left = largest.room.most - others
        if others and largest.replicas <= left < largest.replicas + largest.surge:
            yield _finding(context, largest, others)


def _finding(context: Context, one: _Share, others: int) -> Violation:
    """others: the nodes or slices that other servers take of the same pools."""
    room, needed, resource = one.room, one.replicas + one.surge, one.workload.resource
    nodes = room.what == "nodes"
    old = "Pods run" if nodes else "groups run"
    shared = f", other servers {others}" if others else ""
    has = "the node pool has" if nodes else "there are"
    named = context.stack is not None and nodes and len(room.pools) == 1
    instead = "" if one.workload.service else ", or `strategy: Recreate` on the model"
    return violation(
        f"a rollout of {resource.kind} {resource.name} needs {needed} {room.what} while the old "
        f"{old}{shared}; {has} at most {room.most}",
        Place(resource, one.workload.replicas.path),
        *room.places,
        remedy=f"Set `nodes.max: {needed + others}` on the node pool {room.pools[0]}{instead}."
        if named
        else "",
    )


def _room(seen: View, workload: Workload) -> _Room | None:
    if (seen.target(workload).hosts or 1) == 1:
        found = nodes_for(seen, workload)
        if found is None:
            return None
        return _Room(found.nodes, "nodes", tuple(p.name for p in found.pools), found.places)
    slices = slices_of(seen, workload)
    if seen.may_add_pools(workload) or workload.dynamic_slice or not slices.number:
        return None
    place = slices[0].place("placementPolicy", "tpuTopology", note="a slice")
    return _Room(slices.number, "slices", tuple(p.name for p in slices), (place,))
