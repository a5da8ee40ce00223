"""Cost of the buckets and disks that hold the weights of models."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.locations import region_of
from stackgen.facts.volumes import disk_of
from stackgen.origin import Traced, computed
from stackgen.plan.model import ModelPlan, Plan
from stackgen.spec.model_cache import CLAIM, FUSE, HYPERDISK

STORAGE = "model storage"
_DEFAULT_CLASS = "standard-rwo"  # of GKE
_HOURS = 730  # of a month
_UNITS = {"gib-month": "GiB", "mibps-month": "MiB/s"}


def storage_parts(model: ModelPlan) -> Iterator[tuple[str, Traced[int] | Traced[float]]]:
    """What is paid for a model: the item of a price, and how many of its units."""
    kind, cache = model.cache.type.value, model.cache
    if kind == FUSE:
        yield "cloud-storage", model.load_gib
    elif kind == HYPERDISK:
        yield "hyperdisk-ml", cache.size
        yield "hyperdisk-ml-throughput", cache.throughput
    elif kind == CLAIM:
        named = str(model.spec.modelCache.storageClass.value)
        yield disk_of(named) or f"volumes of {named}", cache.size
    for claim in model.spec.claims:
        named = str(claim.storageClass.value or _DEFAULT_CLASS)
        yield disk_of(named) or f"volumes of {named}", claim.sizeGb


def storage_cost(
    plan: Plan, catalog: Catalog
) -> tuple[Traced[float] | None, str, tuple[Row, ...]] | None:
    """USD an hour (unknown without all prices), what it is for, and the rows; None without any."""
    parts = [(m, *part) for m in plan.models for part in storage_parts(m)]
    if not parts:
        return None
    amounts: list[Traced[float]] = []
    rows: dict[str, Row] = {}
    named: list[str] = []
    missing: list[str] = []
    for model, item, units in parts:
        region = region_of(model.pool.zone.value)
        row = catalog.price(item, region)
        price = None if row is None else row.get("on_demand")
        if row is None or price is None:
            missing.append(f"no price of {item} in {region}")
            continue
        rows[row.key] = row
        unit = _UNITS.get(row.data["unit"], row.data["unit"])
        named.append(f"{model.spec.name.value}: {units.value:.0f} {unit} of {item}")
        amounts.append(computed(
            "units x price of a month / 730", "USD an hour for what holds the weights",
            lambda units, price, *_: round(units * price / _HOURS, 6),
            units, price, model.cache.type, model.pool.zone,
        ))  # fmt: skip
    if missing:
        return None, "; ".join(dict.fromkeys(missing)), tuple(rows.values())
    total: Traced[float] = computed(
        "sum", "USD an hour", lambda each: round(float(sum(each)), 6), amounts
    )
    return total, "; ".join(named), tuple(rows.values())
