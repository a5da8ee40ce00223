"""Dynamic slices of a node pool that GKE cannot form, or that nothing of the stack could use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.spec.node_pools import DYNAMIC

_BLOCK, _SUB_BLOCK = "/reservationBlocks/", "/reservationSubBlocks/"
_STATIC = "Remove `slicing`, so that each slice is a node pool."
_Said = tuple[str, str, str, str]  # field of the pool, what is wrong, why, remedy


def check(context: SpecContext) -> Violations:
    """One finding for each field that does not go with `slicing: dynamic`."""
    for path, pool in context.items("cluster", "nodePools"):
        if pool.get("slicing") != DYNAMIC:
            continue
        name = str(pool.get("name", "a node pool"))
        for field, said, why, remedy in (*_capacity(context, pool), *_platform(context, pool)):
            place = context.place(*path, field, key=True) if field in pool else None
            yield violation(
                f"{name} has slicing: {DYNAMIC}, and {said}",
                place or context.place(*path, "slicing", key=True),
                impact=f"Not rendered. {why}",
                remedy=remedy,
            )
        yield from _channel(context, path, name)


def _capacity(context: SpecContext, pool: dict[str, Any]) -> Iterator[_Said]:
    fact = context.catalog.gke("dynamic-slicing").data
    accelerator, only = pool.get("accelerator"), fact["accelerator"]
    if accelerator != only:
        said = f"{accelerator or 'no accelerator'}; only {only} has dynamic slices"
        yield "accelerator", said, "GKE forms no such slices.", _STATIC
        return
    topology, parts = str(pool.get("topology")), fact["sub_slices"]
    whole = [int(side) for side in fact["partition"].split("x")]
    sides = [int(side) for side in topology.split("x") if side.isdecimal()]
    if topology not in parts and (
        len(sides) != len(whole) or any(side % by for side, by in zip(sides, whole, strict=True))
    ):
        yield (
            "topology", f"topology {topology}",
            f"GKE forms {', '.join(parts)}, and multiples of {fact['partition']}.",
            f"Set `topology: {parts[0]}`, or another of them.",
        )  # fmt: skip
    reservation, hosts = str(pool.get("reservation") or ""), fact["partition_hosts"]
    if _BLOCK not in reservation:
        yield (
            "reservation", "no block of a reservation" if reservation else "no reservation",
            "The nodes come from a reservation in All Capacity mode, each partition from a block.",
            f"Set `reservation: projects/PROJECT/reservations/NAME{_BLOCK}BLOCK`.",
        )  # fmt: skip
    nodes = as_dict(pool.get("nodes"))
    low, high = nodes.get("min"), nodes.get("max")
    if isinstance(low, int) and isinstance(high, int):
        most = hosts if _SUB_BLOCK in reservation else max(high // hosts, 1) * hosts
        if low != high or high != most:
            one = " A sub-block is one partition." if _SUB_BLOCK in reservation else ""
            yield (
                "nodes", f"nodes.min {low} and nodes.max {high}",
                f"A node pool is a partition of {hosts} nodes, and does not scale.{one}",
                f"Set `nodes: {{min: {most}, max: {most}}}`.",
            )  # fmt: skip
    for field, why in {
        "fallback": "Kueue places the Pods on the nodes of the pool alone.",
        "explicitScheduling": "The nodes have no topology before a slice forms.",
    }.items():
        if pool.get(field):
            yield field, field, why, f"Remove `{field}`."


def _platform(context: SpecContext, pool: dict[str, Any]) -> Iterator[_Said]:
    """A platform that makes Deployments of servers on one host."""
    release = context.catalog.release(str(context.spec.get("release")))
    shape = context.catalog.topology(str(pool.get("accelerator")), str(pool.get("topology")), None)
    parts = context.catalog.gke("dynamic-slicing").data["sub_slices"]
    if release is None or shape is None or shape.data["hosts"] > 1:
        return
    if str(pool.get("topology")) not in parts:
        return
    reason = release.data.get(release.data["platform"], {}).get("no_slice_of_one_host")
    if reason is not None:
        said, remedy = f"topology {pool['topology']} of one host", "Set `topology: 2x2x2`."
        yield "topology", said, reason, remedy


def _channel(context: SpecContext, path: Path, name: str) -> Violations:
    wanted = context.catalog.gke("dynamic-slicing").data["channel"]
    cluster = as_dict(context.spec.get("cluster"))
    given = cluster.get("releaseChannel", "REGULAR")
    if given != wanted:
        place = ("spec", "cluster", "releaseChannel")
        yield violation(
            f"{name} has slicing: {DYNAMIC}, and the release channel of the cluster is {given}",
            context.place(*path, "slicing", key=True),
            *([context.place(*place)] if "releaseChannel" in cluster else []),
            impact=f"Not rendered. The slice controller is in the channel {wanted}.",
            remedy=f"Set `cluster.releaseChannel: {wanted}`.",
        )
