from __future__ import annotations

from typing import Any

import pytest

from stackgen.catalog.load import Catalog

MODES = {
    "on_demand": "onDemand",
    "spot": "spot",
    "flex_start": "flexStart",
    "cud_1y": "cud1y",
    "cud_3y": "cud3y",
}


def test_every_recorded_price_is_there_as_recorded(catalog: Catalog, recorded: Any) -> None:
    for generation in recorded["tpu"]["generations"]:
        for region, fact in recorded["prices"][generation].items():
            row = catalog.price(generation, region)
            if fact is None:
                assert row is None
                continue
            assert row is not None
            assert {m: row.data.get(m) for m in MODES} == {m: fact[f] for m, f in MODES.items()}
            derived = fact["cudStatus"] == "DERIVED"
            assert (row.mark("cud_1y") == "DERIVED") == derived


def test_chip_prices_give_the_recorded_machine_prices(catalog: Catalog, recorded: Any) -> None:
    regions = {"v4": "us-central2"}
    for name, generation in recorded["tpu"]["generations"].items():
        chip = catalog.price(name, regions.get(name, "us-central1"))
        assert chip is not None
        for machine in generation["machineTypes"]:
            if machine["onDemandUSDPerHourUS"] is not None:
                hour = machine["chips"] * chip.data["on_demand"]
                assert hour == pytest.approx(machine["onDemandUSDPerHourUS"])


@pytest.mark.parametrize(
    ("region", "day"),
    [("us-central1", 259.20), ("europe-west4", 285.12), ("asia-northeast1", 311.04)],
)
def test_a_day_of_a_four_chip_host_costs_what_the_list_says(
    catalog: Catalog, region: str, day: float
) -> None:
    row = catalog.price("v6e", region)
    assert row is not None
    assert row.data["on_demand"] * 4 * 24 == pytest.approx(day)


def test_every_gpu_and_cpu_machine_has_a_price_by_the_machine_hour(catalog: Catalog) -> None:
    for machine in catalog.rows("machine"):
        if machine.data["kind"] != "tpu":
            row = catalog.price(machine.key, "us-central1")
            assert row is not None, machine.key
            assert row.data["unit"] == "machine-hour"
            assert row.data["spot"] < row.data["on_demand"]


def test_a_cheaper_mode_is_cheaper(catalog: Catalog) -> None:
    for row in catalog.rows("price"):
        for mode in ("spot", "flex_start", "cud_1y", "cud_3y"):
            assert row.data.get(mode, 0) < row.data["on_demand"], row.key
