from __future__ import annotations

from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import row_of
from stackgen.facts.locations import region_of

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


def test_every_gpu_and_cpu_machine_has_a_price(catalog: Catalog) -> None:
    for machine in catalog.rows("machine"):
        if machine.data["kind"] != "tpu":
            found = catalog.machine_price(machine.key, "us-central1")
            assert found is not None, machine.key
            row, units = found
            assert row.data["spot"] < row.data["on_demand"]
            assert units == (machine.data["vcpu"] if row.data["unit"] == "vcpu-hour" else 1)


# Prices of Google's list for us-central1 that are not the ones the rows are computed from.
@pytest.mark.parametrize(
    ("machine", "hour"),
    [
        ("n1-standard-4", 0.19),
        ("e2-standard-4", 0.13402),
        ("e2-medium", 0.03351),
        ("n2-standard-8", 0.3885),
        ("n2d-standard-32", 1.3519),
    ],
)
def test_a_machine_pays_the_price_of_its_series_for_each_vcpu(
    catalog: Catalog, machine: str, hour: float
) -> None:
    found = catalog.machine_price(machine, "us-central1")
    assert found is not None
    assert found[0].data["on_demand"] * found[1] == pytest.approx(hour, rel=0.001)


def test_a_price_of_the_machine_itself_comes_before_that_of_its_series() -> None:
    own = row_of(
        "prices.yaml", "n2-standard-4/us-south1",
        {"unit": "machine-hour", "on_demand": 0.1, "source": "contract", "as_of": "2026-11-01"},
    )  # fmt: skip
    found = Catalog({"price": {own.key: own}}).machine_price("n2-standard-4", "us-south1")
    assert found == (own, 1)


def test_every_region_with_an_accelerator_has_prices_of_machines_and_disks(
    catalog: Catalog,
) -> None:
    zones = {
        zone
        for row in catalog.rows("accelerator")
        for zone in (*row.data.get("zones_safe", ()), *row.data.get("zones_unsure", ()))
    }
    # us-central2 is not in the published lists.
    for region in {region_of(zone) for zone in zones} - {"us-central2"}:
        lacks = catalog.row("region", region)
        assert lacks is not None
        for machine in ("e2-medium", "e2-standard-4", "n1-standard-4", "n2-standard-8"):
            series = catalog.machine(machine)
            assert series is not None
            has = series.data["series"] not in lacks.data.get("lacks", ())
            assert (catalog.machine_price(machine, region) is not None) == has, (machine, region)
        for item in ("pd-balanced", "pd-standard", "hyperdisk-balanced", "forwarding-rules"):
            assert catalog.price(item, region) is not None, (item, region)


def test_a_cheaper_mode_is_cheaper(catalog: Catalog) -> None:
    for row in catalog.rows("price"):
        for mode in ("spot", "flex_start", "cud_1y", "cud_3y"):
            assert row.data.get(mode, 0) < row.data["on_demand"], row.key
