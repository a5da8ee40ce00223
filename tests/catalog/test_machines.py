from __future__ import annotations

from typing import Any

import pytest

from stackgen.catalog.load import Catalog


def test_every_recorded_tpu_machine_is_there_as_recorded(catalog: Catalog, recorded: Any) -> None:
    for name, generation in recorded["tpu"]["generations"].items():
        facts = generation["machineTypes"]
        assert [r.key for r in catalog.machines_of(name)] == [f["name"] for f in facts]
        for fact in facts:
            row = catalog.machine(fact["name"])
            assert row is not None
            found = [row.data[k] for k in ("chips", "vcpu", "memory_gib", "boot_disks")]
            assert found == [fact[k] for k in ("chips", "vcpu", "memoryGB", "bootDisks")]
            assert row.data["attach_disks"] == fact["attachDisks"]


def test_every_recorded_gpu_machine_is_there_as_recorded(catalog: Catalog, recorded: Any) -> None:
    fields = ("gpus", "vcpu", "memory_gib")
    for gpu in recorded["gpu"]["types"]:
        accelerator = catalog.accelerator(gpu["name"])
        assert accelerator is not None
        assert accelerator.data["label"] == gpu["gkeAccelerator"]
        assert accelerator.data["hbm_gb"] == gpu["memoryGB"]
        found = {
            r.data.get("machine_type", r.key): tuple(r.data[k] for k in fields)
            for r in catalog.machines_of(gpu["name"])
            if r.mark("gpus") != "DERIVED"
        }
        assert found == {
            m["name"].split(" ")[0]: (m["gpus"], m["vcpu"], m["memoryGB"])
            for m in gpu["machineTypes"]
        }


@pytest.mark.parametrize("generation", ["v6e", "tpu7x"])
def test_the_newer_tpu_machines_take_no_persistent_disk(catalog: Catalog, generation: str) -> None:
    for row in catalog.machines_of(generation):
        disks = [*row.data["boot_disks"], *row.data["attach_disks"]]
        assert all(d.startswith("hyperdisk-") for d in disks)


def _reserved(amount: float, steps: list[list[float]], above: float) -> float:
    reserved, left = 0.0, amount
    for size, fraction in steps:
        reserved += min(size, left) * fraction
        left = max(0.0, left - size)
    return reserved + left * above


@pytest.mark.parametrize(
    ("machine", "millicores", "memory_gib"),
    [
        ("e2-medium", 940, 4 - 1.0 - 100 / 1024),
        ("n1-standard-4", 3920, 15 - 2.5 - 100 / 1024),
        ("e2-standard-16", 15890, 64 - 5.48 - 100 / 1024),
        ("ct6e-standard-4t", 179480, 720 - 21.16 - 100 / 1024),
    ],
)
def test_the_steps_of_gkes_reservation_leave_the_allocatable(
    catalog: Catalog, machine: str, millicores: int, memory_gib: float
) -> None:
    row, gke = catalog.machine(machine), catalog.gke("node-reservation").data
    assert row is not None
    cpu = row.data["vcpu"]
    assert (
        round((cpu - _reserved(cpu, gke["cpu_core_steps"], gke["cpu_above"])) * 1000) == millicores
    )
    memory = row.data["memory_gib"]
    kept = _reserved(memory, gke["memory_gib_steps"], gke["memory_above"])
    assert memory - kept - gke["eviction_mib"] / 1024 == pytest.approx(memory_gib)
