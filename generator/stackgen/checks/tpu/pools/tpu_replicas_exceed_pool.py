"""More pods than nodes."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.node_capacity import NodeCapacity, nodes_for
from stackgen.checks.tpu.pools.wanted import wanted
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Severity, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each workload larger than its pools, or for all that share some."""
    seen = view(context)
    sharing: dict[tuple[str, ...], list[tuple[Workload, int, NodeCapacity]]] = {}
    for workload in seen.tpu:
        room, most = nodes_for(seen, workload), wanted(context, workload)
        if room is None or most is None:
            continue
        replicas, place = most
        if replicas > room.nodes:
            yield violation(
                f"{workload.display_name} needs {counted(replicas, 'host')}; its node "
                f"{'pools have' if len(room.pools) > 1 else 'pool has'} at most {room.nodes}",
                place,
                *room.places,
                remedy=_remedy(context, room, replicas, workload.resource.name, place),
            )
        elif replicas and workload.serving:
            names = tuple(pool.name for pool in room.pools)
            sharing.setdefault(names, []).append((workload, replicas, room))
    for names, group in sharing.items():
        yield from _together(names, group)


def _remedy(context: Context, room: NodeCapacity, replicas: int, name: str, place: Place) -> str:
    """Both ends of the mismatch, with the value for each."""
    if context.stack is None or len(room.pools) != 1:
        return ""
    models = context.stack.spec.serving.models
    scaled = any(m.name.value == name and m.autoscaling.max.value is not None for m in models)
    field, of = "autoscaling.max" if scaled else str(place.path[-1]), ""
    if not scaled and place.resource is not None and place.path[-1] != "replicas":
        of = f" in {place.resource.kind} {place.resource.name}"
    return (
        f"Set `nodes.max: {replicas}` on the node pool {room.pools[0].name}, or "
        f"`{field}: {room.nodes}`{of}."
    )


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
