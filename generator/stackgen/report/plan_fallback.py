"""The capacity of node pools with `fallback` in a plan: each place where GKE looks for nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.plan.capacity import needed
from stackgen.plan.cost import PoolCost, per_day
from stackgen.plan.model import PoolPlan
from stackgen.report.plan_facts import UNKNOWN, Planned, minutes, money

HEAD = ("CAPACITY", "PURCHASE", "NODES", "ZONES", "USD/HOUR", "USD/DAY")
ABOUT = (
    "GKE tries the rows of a pool in order, and creates nodes of all but the first for Pods that "
    "wait. USD/hour: of one node. USD/day: of all servers at their maximum, on this capacity alone."
)


def rows(planned: Planned) -> list[tuple[str, ...]]:
    """A row for each node pool with `fallback`, and for each of its entries."""
    return [cells for _, _, cells in _rows(planned)]


def _rows(planned: Planned) -> Iterator[tuple[PoolPlan, PoolPlan, tuple[str, ...]]]:
    """The node pool, the capacity as one, and the cells of its row."""
    costs = planned.estimate.costs
    for pool, own, entries in zip(planned.plan.pools, costs.pools, costs.fallback, strict=True):
        if not pool.fallback:
            continue
        most, name = needed(planned.plan, pool).value, pool.spec.name.value
        zones = ((pool.zone,), *(entry.zones for entry in pool.fallback))
        for number, (cost, where) in enumerate(zip((own, *entries), zones, strict=True)):
            price = cost.node
            yield pool, cost.pool, (
                f"{name} {number}" if number else name, _purchase(cost), _nodes(cost.pool),
                ", ".join(zone.value for zone in where),
                UNKNOWN if price is None else money(price.value),
                UNKNOWN if price is None else money(per_day(most * price.value)),
            )  # fmt: skip


def _purchase(cost: PoolCost) -> str:
    spec = cost.pool.spec
    if spec.reservation.value is not None:
        return f"reservation {spec.reservation.value.rpartition('reservations/')[2]}"
    return spec.purchase.value


def _nodes(pool: PoolPlan) -> str:
    """`v6e 2x4`, or `2 l4`."""
    if pool.slice is not None:
        return f"{pool.slice.accelerator.value} {pool.slice.topology.value}"
    assert pool.gpus is not None
    return f"{pool.gpus.per_node.value} {pool.gpus.accelerator.value}"


def notes(planned: Planned) -> Iterator[str]:
    """What each way to buy means for the servers, and which capacity decided on the probe."""
    row = planned.plan.catalog.copy().gke("compute-class").data
    for model in planned.plan.servers:
        where = {one.server.devices.where: one.startup.budget for one in model.alternatives}
        if set(where) - {model.server.devices.where}:
            most = model.startup.budget
            decides = next((at for at, took in where.items() if took == most), "the node pool")
            yield (
                f"{model.spec.name.value}: the startup probe allows {minutes(most)}, for a start "
                f"on {decides}, the slowest capacity."
            )
    for pool in planned.plan.pools:
        if pool.spec.reservedUntil.value is not None:
            yield (
                f"{pool.spec.name.value}: Google Cloud deletes the reservation and its nodes at "
                f"the end of {pool.spec.reservedUntil.value}."
            )
    if any(pool.fallback for pool in planned.plan.pools):
        yield (
            f"GKE may look for TPUs in one place for up to {row['most_wait_seconds'] // 3600} h "
            "before it tries the next one (UNVERIFIED)."
        )
    for pool, one, _ in _rows(planned):
        if one.max_run is not None:
            yield (
                f"{pool.spec.name.value}: flex-start nodes end after "
                f"{one.max_run.value / 3600:g} h. The server then starts on another node."
            )


def facts(planned: Planned) -> Iterator[tuple[str, str]]:
    """Every figure by a name that says what it is."""
    for name, *cells in rows(planned):
        for head, cell in zip(HEAD[1:], cells, strict=True):
            yield f"{name}: capacity, {head.lower()}", cell


def content(pool: PoolPlan, entries: tuple[PoolCost, ...]) -> list[dict[str, Any]]:
    """As JSON."""
    return [
        {
            "purchase": entry.given.purchase.value,
            "reservation": entry.given.reservation.value,
            "zones": [zone.value for zone in entry.zones],
            "accelerator": entry.pool.spec.accelerator.value,
            "topology": None if entry.pool.slice is None else entry.pool.slice.topology.value,
            "maxRunSeconds": None if entry.pool.max_run is None else entry.pool.max_run.value,
            "perNodeHour": None if cost.node is None else cost.node.value,
        }
        for entry, cost in zip(pool.fallback, entries, strict=True)
    ]
