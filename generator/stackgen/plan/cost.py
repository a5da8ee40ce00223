"""Cost of the stack at the minimum and the maximum number of nodes. A price may be unknown."""

from __future__ import annotations

from collections.abc import Sequence

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.locations import region_of
from stackgen.origin import Traced, computed
from stackgen.plan.capacity import PoolCapacity
from stackgen.plan.model import Plan, PoolPlan
from stackgen.record import record

HOURS_PER_DAY = 24
HOURS_PER_MONTH = 730

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
    """A price the catalogue does not have. elsewhere: the same in a region it has, 0 for none."""

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
class Costs:
    """USD an hour. low, high: of everything whose price is known; `complete` when that is all."""

    pools: tuple[PoolCost, ...]
    fee: Traced[float] | None
    low: Traced[float]
    high: Traced[float]
    complete: bool
    rows: tuple[Row, ...]


def costs(plan: Plan, pools: tuple[PoolCapacity, ...], catalog: Catalog) -> Costs:
    """The cost of every pool and of the cluster itself."""
    each = tuple(_pool(pool, catalog) for pool in pools)
    fee_row = catalog.price("gke-cluster", "all")
    fee: Traced[float] | None = fee_row.get("on_demand") if fee_row is not None else None
    known_fee = [fee] if fee is not None else []
    lows = [c.low for c in each if c.low is not None] + known_fee
    highs = [c.high for c in each if c.high is not None] + known_fee
    rows = [c.row for c in each if c.row is not None]
    if fee_row is not None:
        rows.append(fee_row)
    return Costs(
        each, fee,
        computed("sum of the pools and the cluster", "at the minimum number of nodes",
                 _sum, lows),
        computed("sum of the pools and the cluster", "at the maximum number of nodes",
                 _sum, highs),
        complete=fee is not None and all(c.node is not None for c in each),
        rows=tuple(rows),
    )  # fmt: skip


def _pool(capacity: PoolCapacity, catalog: Catalog) -> PoolCost:
    pool = capacity.pool
    region = region_of(pool.zone.value)
    item = _item(pool)
    purchase = pool.spec.purchase
    row = catalog.price(item, region)
    price = row.get(FIELDS[purchase.value]) if row is not None else None
    if row is None or price is None:
        missing = _unknown(item, region, purchase.value, pool, catalog)
        return PoolCost(pool, region, row, None, None, None, missing)
    if pool.slice is not None:
        chips = pool.slice.chips_per_host
        per_node = computed(
            "chips per host x price of a chip", "USD an hour for one node",
            lambda chips, price, *_: _money(chips * price), chips, price, purchase, pool.zone,
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
    known: list[tuple[str, float]] = []
    for other in catalog.price_regions(item):
        row = catalog.price(item, other)
        if row is not None and FIELDS[purchase] in row.data:
            known.append((other, row.data[FIELDS[purchase]]))
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
