"""More Pods than nodes."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.node_capacity import NodeCapacity, nodes_for
from stackgen.checks.tpu.pools.update_surge import surge_of
from stackgen.checks.tpu.pools.wanted import remedy, wanted
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Severity, Violation, Violations, violation
from stackgen.record import record
from stackgen.wording import counted


@record
class Share:
    """The nodes that a workload needs of its pools, and where its number of replicas is said."""

    workload: Workload
    replicas: int
    place: Place
    room: NodeCapacity


def check(context: Context) -> Violations:
    """One finding for each workload larger than its pools, or for all that share some."""
    seen = view(context)
    sharing: dict[tuple[str, ...], list[Share]] = {}
    for workload in seen.tpu:
        room, most = nodes_for(seen, workload), wanted(context, workload)
        if room is None or most is None:
            continue
        names = room.pools.names
        sharing.setdefault(names, []).append(Share(workload, *most, room))
    for names, shares in sharing.items():
        serving = [one for one in shares if one.workload.serving and one.replicas]
        alone = [one for one in shares if one.replicas > one.room.nodes]
        total = sum(one.replicas for one in serving)
        for one in alone:
            own = one.replicas if one.workload.serving else 0
            yield _alone(context, one, total - own)
        if not any(one.workload.serving for one in alone):
            yield from _together(context, names, serving)


def _alone(context: Context, one: Share, others: int) -> Violation:
    """A workload that is larger than its pools. others: nodes that more of them need."""
    room = one.room
    shared = f", other servers {others}" if others else ""
    return violation(
        f"{one.workload.display_name} needs {counted(one.replicas, 'host')}{shared}; its node "
        f"{'pools have' if len(room.pools) > 1 else 'pool has'} at most {room.nodes}",
        one.place,
        *room.places,
        remedy=_remedy(context, one, others),
    )


def _remedy(context: Context, one: Share, others: int) -> str:
    """Both ends of the mismatch, with the value for each."""
    if len(one.room.pools) != 1:
        return ""
    # A rollout has nodes as well.
    most, left = _in_rollout(one.workload, one.replicas) + others, one.room.nodes - others
    pool = one.room.pools[0].name
    fits = [count for count in range(1, left + 1) if _in_rollout(one.workload, count) <= left]
    if left > 0 and not fits and context.stack is not None:
        return f"Set `nodes.max: {most}` on the node pool {pool}."
    return remedy(context, one.workload, one.place, pool, most, max(fits, default=left))


def _in_rollout(workload: Workload, replicas: int) -> int:
    return replicas + (surge_of(workload, replicas) or 0)


def _together(context: Context, names: tuple[str, ...], shares: list[Share]) -> Violations:
    total = sum(one.replicas for one in shares)
    if len(shares) < 2 or total <= shares[0].room.nodes:
        return
    room = shares[0].room
    each = ", ".join(f"{one.workload.display_name} {one.replicas}" for one in shares)
    who = " and ".join(names) or "the node pools"
    largest = max(shares, key=lambda one: one.replicas)
    yield violation(
        f"{who} can have {counted(room.nodes, 'node')}; {total} are needed: {each}",
        *(Place(one.workload.resource, one.workload.replicas.path) for one in shares),
        *room.places,
        severity=Severity.WARNING,
        remedy=_remedy(context, largest, total - largest.replicas),
    )
