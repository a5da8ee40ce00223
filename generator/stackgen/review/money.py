"""What the change costs: node pools and what is paid beside them, by the catalog's prices.

Of a stack its plan says so; of other trees, the node pools in the manifests.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.facts.locations import region_of
from stackgen.facts.pools import Pool
from stackgen.plan.cost import FEE, FIELDS, per_day, per_month
from stackgen.plan.estimate import estimate
from stackgen.plan.model import Plan
from stackgen.record import record
from stackgen.review.model import Consequence, Money, PoolDelta
from stackgen.review.risks import consequence
from stackgen.review.serving import Servers

# USD a day beyond which a rise is more than worth reading.
MUCH = 100.0


@record
class _Price:
    """USD per hour at the minimum and maximum number of nodes; None with the reason in `note`."""

    span: tuple[float, float] | None
    note: str = ""
    as_of: str = ""


def money(old: Servers, new: Servers) -> Money | None:
    """The costs side by side; None when nothing that is priced differs."""
    prices = [dict(_prices(side)) for side in (old, new)]
    names = [*prices[0], *(n for n in prices[1] if n not in prices[0])]
    rows = []
    for name in names:
        before, after = prices[0].get(name), prices[1].get(name)
        note = next((p.note for p in (after, before) if p is not None and p.note), "")
        rows.append(PoolDelta(
            name, before.span if before else None, after.span if after else None,
            (before is not None, after is not None), note,
        ))  # fmt: skip
    differ = tuple(r for r in rows if r.old != r.new or r.there[0] != r.there[1])
    if not differ:
        return None
    # A pool whose price is known on one side alone would make a difference that is none.
    known = {n for n in names if all(n not in side or side[n].span is not None for side in prices)}
    sums = [_sum(side, known) for side in prices]
    every = [p for side in prices for p in side.values()]
    dates = [p.as_of for p in every if p.as_of]
    return Money(
        differ, sums[0], sums[1], all(p.span is not None for p in every), min(dates, default="")
    )


def _sum(prices: dict[str, _Price], names: set[str]) -> tuple[float, float]:
    spans = [p.span for name, p in prices.items() if name in names and p.span is not None]
    return round(sum(s[0] for s in spans), 6), round(sum(s[1] for s in spans), 6)


def _prices(servers: Servers) -> Iterator[tuple[str, _Price]]:
    plan = servers.side.compiled.plan if servers.side.compiled is not None else None
    if plan is not None:
        yield from _of_plan(plan, servers.view.catalog)
        return
    for pool in servers.view.pools:
        yield pool.name, _pool(pool, servers.view.catalog)
    clusters = len(servers.view.clusters)
    row = servers.view.catalog.price("gke-cluster", "all")
    if clusters and row is not None:
        fee = row.data["on_demand"] * clusters
        yield FEE, _Price((fee, fee), as_of=row.as_of)


def _of_plan(plan: Plan, catalog: Catalog) -> Iterator[tuple[str, _Price]]:
    found = estimate(plan, catalog).costs
    for pool in found.pools:
        name = pool.pool.spec.name.value
        if pool.low is None or pool.high is None:
            yield name, _Price(None, _short(pool.unknown.words()) if pool.unknown else "")
        else:
            as_of = pool.row.as_of if pool.row is not None else ""
            yield name, _Price((pool.low.value, pool.high.value), as_of=as_of)
    for extra in found.extras:
        if extra.low is None or extra.high is None:
            yield extra.name, _Price(None, extra.note)
        else:
            yield extra.name, _Price((extra.low.value, extra.high.value))


def _short(words: str) -> str:
    return words.partition(";")[0]


def _pool(pool: Pool, catalog: Catalog) -> _Price:
    low, high = pool.limit("min"), pool.limit("max")
    if low is None or high is None:
        return _Price(None, "how many nodes it can have is not known")
    zones = pool.zones
    if not zones or not pool.machine_type:
        return _Price(None, "its zone or machine is not known")
    region = region_of(zones[0])
    item, chips = _item(pool, catalog), 1
    if pool.machine is not None and pool.generation is not None:
        item, chips = pool.generation.key, pool.machine.data.get("chips", 1)
    mode = "spot" if pool.spot else "flex-start" if pool.queued else "on-demand"
    found = catalog.machine_price(item, region)
    if found is None or FIELDS[mode] not in found[0].data:
        return _Price(None, f"no {mode} price of {item} in {region}")
    row, units = found
    each = row.data[FIELDS[mode]] * chips * units
    return _Price((round(low[0] * each, 6), round(high[0] * each, 6)), as_of=row.as_of)


def _item(pool: Pool, catalog: Catalog) -> str:
    """What a machine without TPUs goes by: with GPUs that are attached to it, by both."""
    given = pool.get("nodeConfig", "guestAccelerator")
    first = given[0] if isinstance(given, list) and given else None
    label = first.get("type") if isinstance(first, dict) else None
    for row in catalog.rows("machine") if label else ():
        kind = catalog.accelerator(str(row.data.get("accelerator", "")))
        alike = row.data.get("machine_type", row.key.partition("+")[0]) == pool.machine_type
        if alike and kind is not None and kind.data.get("label") == label:
            return row.key
    return pool.machine_type


def of_money(found: Money) -> Iterator[Consequence]:
    """The difference in words; none where there is none that is known."""
    low, high = found.new[0] - found.old[0], found.new[1] - found.old[1]
    if not round(low, 6) and not round(high, 6):
        return
    parts = [f"{signed(per_day(low))} USD per day at the minimum number of nodes"]
    parts.append(f"{signed(per_day(high))} at the maximum ({signed(per_month(high))} per month)")
    text = ", ".join(parts)
    if not found.complete:
        text += ", as far as prices are known"
    yield consequence("cost-rises" if per_day(max(low, high)) > MUCH else "cost", delta=text)


def signed(amount: float) -> str:
    """`+12.50`, `-3.00`, `0.00`."""
    text = f"{amount:+,.2f}"
    return text if text not in ("+0.00", "-0.00") else "0.00"
