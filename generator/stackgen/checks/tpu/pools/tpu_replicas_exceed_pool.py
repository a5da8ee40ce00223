"""More pods than nodes."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.node_capacity import NodeCapacity, nodes_for
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.facts.quantity import whole
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path


def check(context: Context) -> Violations:
    """One finding for each workload larger than its pools, or for all that share some."""
    seen = view(context)
    sharing: dict[tuple[str, ...], list[tuple[Workload, int, NodeCapacity]]] = {}
    for workload in seen.tpu:
        room = nodes_for(seen, workload)
        if room is None:
            continue
        alone = True
        for replicas, path in _wanted(workload):
            if replicas > room.nodes:
                alone = False
                yield violation(
                    f"{workload.display_name} needs {counted(replicas, 'host')}; its node "
                    f"{'pools have' if len(room.pools) > 1 else 'pool has'} at most {room.nodes}",
                    Place(workload.resource, path),
                    *room.places,
                    remedy=_remedy(context, room, replicas),
                )
        if alone and workload.replicas.value and workload.serving:
            names = tuple(pool.name for pool in room.pools)
            sharing.setdefault(names, []).append((workload, workload.replicas.value, room))
    for names, group in sharing.items():
        yield from _together(names, group)


def _remedy(context: Context, room: NodeCapacity, replicas: int) -> str:
    """Both ends of the mismatch, with the value for each."""
    if context.stack is None or len(room.pools) != 1:
        return ""
    pool = room.pools[0].name
    return f"Set `nodes.max: {replicas}` on the node pool {pool}, or `replicas: {room.nodes}`."


def _wanted(workload: Workload) -> Iterator[tuple[int, Path]]:
    if workload.replicas.value is not None:
        yield workload.replicas.value, workload.replicas.path
    path = workload.service.most if workload.service is not None else ()
    most = whole(workload.resource.get(*path)) if path else None
    if most is not None:
        yield most, path


def _together(
    names: tuple[str, ...], group: list[tuple[Workload, int, NodeCapacity]]
) -> Violations:
    total = sum(replicas for _, replicas, _ in group)
    room = group[0][2]
    if len(group) < 2 or total <= room.nodes:
        return
    shares = ", ".join(f"{workload.display_name} {replicas}" for workload, replicas, _ in group)
    who = " and ".join(names) or "the node pools"
    yield violation(
        f"{who} can have {counted(room.nodes, 'node')}; {total} are needed: {shares}",
        *(Place(w.resource, w.replicas.path) for w, _, _ in group),
        *room.places,
        severity=Severity.WARNING,
    )
