"""The start of a model server: what is expected, what the probe allows, and the reserve."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import row_of
from stackgen.origin import literal
from stackgen.plan.devices import SIZING, Devices
from stackgen.plan.startup import Startup, startup

CATALOG = Catalog()
MODELS = {row.key: row.data["load_bytes"] / 2**30 for row in CATALOG.rows("model")}
TPUS = [row.key for row in CATALOG.rows("accelerator") if row.data["kind"] == "tpu"]


def started(
    model: str, accelerator: str, gib: float | None = None, hosts: int = 1,
    catalog: Catalog = CATALOG,
) -> Startup:  # fmt: skip
    one, name = literal(1, "test", ""), literal(accelerator, "test", "")
    devices = Devices(
        "tpu", "chip", name, one, literal(hosts, "test", ""), one, None, 128,
        literal("bfloat16", "test", ""), accelerator, SIZING["tpu"],
    )  # fmt: skip
    size = MODELS[model] if gib is None else gib
    return startup(model, literal(size, "test", ""), devices, catalog, literal(None, "test", ""))


@pytest.mark.parametrize("accelerator", TPUS)
def test_every_budget_has_a_third_in_reserve_and_is_thirty_minutes_at_least(
    accelerator: str,
) -> None:
    for model, gib in MODELS.items():
        for hosts in (1, 4):
            found = started(model, accelerator, hosts=hosts)
            assert found.budget >= (3600 if gib >= 55 else 1800)
            assert found.reserve >= found.expected.value / 2
            assert found.expected.value >= 900


def test_the_generation_decides_how_long_it_takes() -> None:
    slow, fast = (started("acme/ours", accelerator, 20) for accelerator in ("v5e", "v6e"))
    assert slow.expected.value == 20 / 0.2 + 1320
    assert fast.expected.value == 20 / 0.5 + 900
    assert slow.budget > 1800 == fast.budget


def test_the_last_of_several_hosts_comes_later() -> None:
    alone, several = (started("acme/ours", "v6e", 20, hosts).expected.value for hosts in (1, 4))
    assert several - alone == 600


def test_what_was_published_for_the_model_is_named_and_bounds_the_budget() -> None:
    found = started("Qwen/Qwen3-32B", "v6e")
    assert [row.key for row in found.published] == ["Qwen/Qwen3-32B/v6e-8"]
    assert found.budget == 3620  # 3615 s in the manifest of llm-d, in steps of ten
    assert not started("Qwen/Qwen3-32B", "v5p").published
    assert not started("Qwen/Qwen3-3", "v6e", 6).published


def test_a_published_start_that_is_slower_than_the_formula_is_expected() -> None:
    row = row_of("startup.yaml", "acme/ours/v6e-4", {
        "ready_seconds": 2000, "source": "a log", "as_of": "2026-11-29",
    })  # fmt: skip
    found = started("acme/ours", "v6e", 20, catalog=Catalog({"startup": {row.key: row}}))
    assert started("acme/ours", "v6e", 20).expected.value == 940
    assert (found.expected.value, found.budget, found.reserve) == (2000, 3000, 1000)
