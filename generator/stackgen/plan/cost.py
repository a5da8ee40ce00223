"""Cost of the stack at the minimum and the maximum number of nodes. A price may be unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.locations import region_of
from stackgen.origin import Traced, computed, given_or, literal, picked
from stackgen.plan.capacity import PoolCapacity, needed
from stackgen.plan.cost_storage import STORAGE, storage_cost
from stackgen.plan.model import Plan, PoolPlan
from stackgen.record import record

HOURS_PER_DAY = 24
HOURS_PER_MONTH = 730
FEE, DISKS, LOAD_BALANCER = "cluster fee", "boot disks", "load balancer"

# purchase of the spec -> field of a price row
FIELDS = {
    "on-demand": "on_demand",
    "spot": "spot",
    "flex-start": "flex_start",
    "1-year": "cud_1y",
    "3-year": "cud_3y",
}


@record
class Unknown:
    """A price the catalog does not have. elsewhere: the same in a region it has, 0 for none."""

    item: str
    region: str
    purchase: str
    nearest: str = ""
    elsewhere: float = 0.0

    def words(self) -> str:
        """What is missing, and what is known nearby."""
        text = f"no {self.purchase} price of {self.item} in {self.region}"
        if self.nearest:
            where = f"the nearest known is {self.elsewhere:g} USD/h"
            text += f"; {where} in {self.nearest}"
        return text


@record
class PoolCost:
    """USD per hour: of one node, of the minimum and the maximum number of nodes; None: unknown."""

    pool: PoolPlan
    region: str
    row: Row | None
    node: Traced[float] | None
    low: Traced[float] | None
    high: Traced[float] | None
    unknown: Unknown | None


@record
class Extra:
    """What is paid beside the machines, in USD an hour. note: what it is for; why it is unknown."""

    name: str
    low: Traced[float] | None
    high: Traced[float] | None
    note: str
    rows: tuple[Row, ...] = ()


@record
class Costs:
    """USD an hour. low, high: of everything whose price is known; `complete` when that is all.

    fallback: by node pool, each entry of its `fallback`, from no node to all servers on it.
    """

    pools: tuple[PoolCost, ...]
    fallback: tuple[tuple[PoolCost, ...], ...]
    extras: tuple[Extra, ...]
    low: Traced[float]
    high: Traced[float]
    complete: bool
    rows: tuple[Row, ...]

    @property
    def fee(self) -> Traced[float] | None:
        """The fee of the cluster itself."""
        return next((extra.low for extra in self.extras if extra.name == FEE), None)


def costs(plan: Plan, pools: tuple[PoolCapacity, ...], catalog: Catalog) -> Costs:
    """The cost of every pool, and of what the cluster needs beside its machines."""
    each = tuple(_pool(pool, catalog) for pool in pools)
    others = tuple(_fallback(plan, capacity, catalog) for capacity in pools)
    extras = (
        *(
            _beyond(plan, capacity, cost, entries)
            for capacity, cost, entries in zip(pools, each, others, strict=True) if entries
        ),
        _disks(pools, catalog), *_storage(plan, catalog), *_load_balancer(plan, catalog),
        _fee(catalog),
    )  # fmt: skip
    parts: Sequence[PoolCost | Extra] = (*each, *extras)
    lows = [part.low for part in parts if part.low is not None]
    highs = [part.high for part in parts if part.high is not None]
    name = "sum of the pools and the cluster"
    return Costs(
        each, others, extras,
        computed(name, "at the minimum number of nodes", _sum, lows),
        computed(name, "at the maximum number of nodes", _sum, highs),
        complete=all(part.low is not None for part in parts),
        rows=(
            *(cost.row for cost in (*each, *sum(others, ())) if cost.row is not None),
            *(row for extra in extras for row in extra.rows),
        ),
    )  # fmt: skip


def _fallback(plan: Plan, capacity: PoolCapacity, catalog: Catalog) -> tuple[PoolCost, ...]:
    none = literal(0, "plan/fallback", "GKE creates nodes for Pods that the pool has no room for")
    return tuple(
        _pool(replace(capacity, pool=entry.pool, nodes_min=none, nodes_max=most), catalog)
        for most in (needed(plan, capacity.pool),) for entry in capacity.pool.fallback
    )  # fmt: skip


def _beyond(
    plan: Plan, capacity: PoolCapacity, own: PoolCost, entries: tuple[PoolCost, ...]
) -> Extra:
    """What the dearest entry costs beyond the pool at its maximum number of nodes.

    It is used the most where the pool is full, or where it cannot grow beyond its minimum.
    """
    name, note = f"fallback of {own.pool.spec.name.value}", "with all servers on its dearest entry"
    prices = [entry.node for entry in entries if entry.node is not None]
    if own.node is None or len(prices) < len(entries):
        return Extra(name, None, None, "the price of an entry is not known")

    def most(servers: int, low: int, high: int, node: float, others: Sequence[float]) -> float:
        ends = (own * node + max(0, servers - own) * max(others) for own in (low, high))
        return _money(max(0.0, max(ends) - high * node))

    zero = literal(0.0, "plan/fallback", "no node of it at the minimum")
    return Extra(name, zero, computed(
        "nodes of the fallback x its dearest price, less what the pool then does not cost", note,
        most, needed(plan, capacity.pool), capacity.nodes_min, capacity.nodes_max, own.node, prices,
    ), note)  # fmt: skip


def _storage(plan: Plan, catalog: Catalog) -> Iterator[Extra]:
    found = storage_cost(plan, catalog)
    if found is not None:
        hour, said, rows = found
        yield Extra(STORAGE, hour, hour, said, rows)


def _fee(catalog: Catalog) -> Extra:
    row = catalog.price("gke-cluster", "all")
    fee: Traced[float] | None = None if row is None else row.get("on_demand")
    if row is None or fee is None:
        return Extra(FEE, None, None, "no price of gke-cluster")
    return Extra(FEE, fee, fee, "of GKE, for the cluster", (row,))


def _disks(pools: tuple[PoolCapacity, ...], catalog: Catalog) -> Extra:
    """The boot disks of all nodes: their capacity, as long as the node exists."""
    usual = catalog.gke("boot-disk")
    lows, highs, said, missing = [], [], [], []
    rows: dict[str, Row] = {}
    for capacity in pools:
        pool = capacity.pool
        kind: Traced[str] = pool.disk_type or picked(
            "boot disk", "the disk type of GKE, where none is given", usual.value("default_type"),
            pool.machine_type,
        )  # fmt: skip
        region = region_of(pool.zone.value)
        row = catalog.price(kind.value, region)
        price = None if row is None else row.get("on_demand")
        if row is None or price is None:
            missing.append(f"no price of {kind.value} in {region}")
            continue
        size = given_or(pool.spec.diskSizeGb, usual.value("default_gb"))
        disk = computed(
            "GiB x price of a month / 730", "USD an hour for the boot disk of one node",
            lambda size, price, *_: _money(size * price / HOURS_PER_MONTH),
            size, price, kind, pool.zone,
        )  # fmt: skip
        lows.append(_times(capacity.nodes_min, disk))
        highs.append(_times(capacity.nodes_max, disk))
        rows[row.key] = row
        said.append(f"{pool.spec.name.value}: {size.value} GB of {kind.value} for each node")
    if missing:
        return Extra(DISKS, None, None, "; ".join(dict.fromkeys(missing)), tuple(rows.values()))
    name, why = "sum of the boot disks", "USD an hour"
    low, high = (computed(name, why, _sum, amounts) for amounts in (lows, highs))
    return Extra(DISKS, low, high, "; ".join(said), tuple(rows.values()))


def _times(nodes: Traced[int], each: Traced[float]) -> Traced[float]:
    return computed("nodes x price of a disk", "USD an hour",
                    lambda count, disk: _money(count * disk), nodes, each)  # fmt: skip


def _load_balancer(plan: Plan, catalog: Catalog) -> Iterator[Extra]:
    """The forwarding rules of the stack's own gateway: up to five have one price together."""
    if plan.stack.spec.gateway.objects.value != "all":
        return
    location = plan.stack.spec.cluster.location
    region = region_of(location.value)
    row = catalog.price("forwarding-rules", region)
    price: Traced[Any] | None = None if row is None else row.get("on_demand")
    if row is None or price is None:
        yield Extra(LOAD_BALANCER, None, None, f"no price of forwarding-rules in {region}")
        return
    hour = computed(
        "forwarding rules", "USD an hour for up to five", lambda price, _: _money(price),
        price, location,
    )  # fmt: skip
    note = "forwarding rules of the gateway; traffic is not included"
    yield Extra(LOAD_BALANCER, hour, hour, note, (row,))


def _pool(capacity: PoolCapacity, catalog: Catalog) -> PoolCost:
    pool = capacity.pool
    region = region_of(pool.zone.value)
    item = _item(pool)
    purchase = pool.spec.purchase
    found = catalog.machine_price(item, region)
    price = found[0].get(FIELDS[purchase.value]) if found is not None else None
    if found is None or price is None:
        missing = _unknown(item, region, purchase.value, pool, catalog)
        row = None if found is None else found[0]
        return PoolCost(pool, region, row, None, None, None, missing)
    row, _ = found
    if pool.slice is not None:
        per_node = computed(
            "chips per host x price of a chip", "USD an hour for one node",
            lambda chips, price, *_: _money(chips * price),
            pool.slice.chips_per_host, price, purchase, pool.zone,
        )  # fmt: skip
    elif row.data["unit"] == "vcpu-hour":
        machine = catalog.machine(item)
        assert machine is not None
        per_node = computed(
            "vCPUs x price of a vCPU", "USD an hour for one node",
            lambda vcpus, price, *_: _money(vcpus * price),
            machine.value("vcpu"), price, pool.machine_type, purchase, pool.zone,
        )  # fmt: skip
    else:
        per_node = computed(
            "price of the machine", "USD an hour for one node",
            lambda price, *_: _money(price), price, pool.machine_type, purchase, pool.zone,
        )  # fmt: skip
    low, high = (
        computed("nodes x price of a node", "USD an hour",
                 lambda count, node: _money(count * node), count, per_node)
        for count in (capacity.nodes_min, capacity.nodes_max)
    )  # fmt: skip
    return PoolCost(pool, region, row, per_node, low, high, None)


def _item(pool: PoolPlan) -> str:
    """What a price goes by: TPUs by the chip of a generation, all else by the machine."""
    if pool.slice is not None:
        return pool.slice.accelerator.value
    return pool.gpus.item.value if pool.gpus is not None else pool.machine_type.value


def _unknown(item: str, region: str, purchase: str, pool: PoolPlan, catalog: Catalog) -> Unknown:
    machine = catalog.machine(item)
    series = machine.data.get("series", "") if machine is not None else ""
    known: list[tuple[str, float]] = []
    for other in {*catalog.price_regions(item), *catalog.price_regions(series)}:
        found = catalog.machine_price(item, other)
        if found is not None and FIELDS[purchase] in found[0].data:
            known.append((other, found[0].data[FIELDS[purchase]] * found[1]))
    if not known:
        return Unknown(item, region, purchase)
    nearest, price = min(known, key=lambda k: (_apart(k[0], region), k[0]))
    chips = pool.slice.chips_per_host.value if pool.slice is not None else 1
    return Unknown(item, region, purchase, nearest, _money(chips * price))


def _apart(one: str, other: str) -> int:
    """How little two region names share: 0 for the same, 1 for one area, 2 for one continent."""
    if one == other:
        return 0
    if one.rstrip("0123456789") == other.rstrip("0123456789"):
        return 1
    return 2 if one.partition("-")[0] == other.partition("-")[0] else 3


def _sum(amounts: Sequence[float]) -> float:
    return _money(sum(amounts))


def _money(amount: float) -> float:
    """Without the dust of binary fractions."""
    return round(amount, 6)


def per_day(hour: float) -> float:
    """USD a day of 24 hours."""
    return hour * HOURS_PER_DAY


def per_month(hour: float) -> float:
    """USD a month of 730 hours."""
    return hour * HOURS_PER_MONTH
