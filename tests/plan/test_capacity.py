"""What runs on nodes, against what GKE leaves of them."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.facts.quantity import cpus, in_gib
from stackgen.plan.nodes import (
    allocatable_cpu,
    allocatable_disk,
    allocatable_memory,
    disk_for,
)
from tests.plan.planning import estimated, served


@pytest.mark.parametrize(
    ("machine", "millicores", "memory"),
    [
        # kernel: 1/64 and 80 MiB; reserved: as published; eviction: 100 MiB.
        ("e2-medium", 940, 4 - 4 / 64 - 1.0 - 180 / 1024),
        ("n1-standard-4", 3920, 15 - 15 / 64 - 2.5 - 180 / 1024),
        ("ct6e-standard-4t", 179480, 720 - 720 / 64 - 21.16 - 180 / 1024),
    ],
)
def test_what_gke_leaves_of_a_machine(
    catalog: Catalog, machine: str, millicores: int, memory: float
) -> None:
    row, reservation = catalog.machine(machine), catalog.gke("node-reservation").data
    assert row is not None
    assert round(allocatable_cpu(row.data["vcpu"], reservation) * 1000) == millicores
    left = allocatable_memory(row.data["memory_gib"], reservation)
    assert left == pytest.approx(memory, abs=0.01)


@pytest.mark.parametrize(("text", "value"), [("500m", 0.5), ("2", 2), ("0", 0), ("1500m", 1.5)])
def test_cpu_quantities(text: str, value: float) -> None:
    assert cpus(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("512Mi", 0.5), ("2Gi", 2), ("0", 0), ("1073741824", 1), ("1Ti", 1024)]
)
def test_memory_quantities(text: str, value: float) -> None:
    assert in_gib(text) == value


def test_the_platform_is_summed_from_the_release_and_an_endpoint_picker_for_each_model() -> None:
    one, none = estimated("spec: {}\n").cpu, estimated(served("scheduler: false")).cpu
    assert one is not None and none is not None
    assert one.cpu.value - none.cpu.value == pytest.approx(0.256, abs=0.01)
    names = {part.name for part in one.parts}
    assert {"istiod", "kserve-controller-manager", "endpoint pickers", "GKE's own Pods"} <= names
    assert "endpoint pickers" not in {part.name for part in none.parts}
    assert not one.sure


def test_the_room_is_that_of_the_pools_without_accelerators() -> None:
    total = estimated("spec: {}\n").cpu
    assert total is not None
    assert (total.cpu_min.value, total.cpu_max.value) == (3 * 3.92, 4 * 3.92)


def test_a_tpu_node_holds_one_server_and_gkes_own_pods() -> None:
    pool = estimated("spec: {}\n").pools[1]
    assert pool.per_node
    assert [part.name for part in pool.parts] == ["chat", "GKE's own Pods"]
    assert pool.node_cpu is not None and pool.cpu < pool.node_cpu.value


def test_a_regional_cluster_counts_nodes_in_each_zone_but_for_pools_of_one_zone() -> None:
    overlay = (
        "spec: {cluster: {location: us-east5, nodePools: [{name: default-pool}, "
        "{name: tpu, zone: us-east5-a}]}}\n"
    )
    pools = estimated(overlay).pools
    assert (pools[0].nodes_min.value, pools[0].nodes_max.value) == (9, 12)
    assert (pools[1].nodes_min.value, pools[1].nodes_max.value) == (0, 2)


@pytest.mark.parametrize("zone", ["us-south1-a", "us-south1-ai1b", "us-central1-ai1a"])
def test_a_zonal_cluster_counts_its_nodes_once_whatever_its_zone_is_called(zone: str) -> None:
    pools = estimated(f"spec: {{cluster: {{location: {zone}}}}}\n").pools
    assert (pools[0].nodes_min.value, pools[0].nodes_max.value) == (3, 4)


DISK = {
    "reserved_half": 0.5,
    "reserved_gib": 6,
    "reserved_fraction": 0.35,
    "reserved_most_gib": 100,
    "eviction_fraction": 0.1,
}


@pytest.mark.parametrize("gib", [0, 1, 20, 21, 100, 101, 999, 1e6])
def test_the_boot_disk_is_the_smallest_step_that_leaves_enough(gib: float) -> None:
    size = disk_for(gib, DISK)
    assert size % 50 == 0
    assert allocatable_disk(size * 1e9 / 2**30, DISK) >= gib
    assert size == 50 or allocatable_disk((size - 50) * 1e9 / 2**30, DISK) < gib


def test_a_model_of_any_size_has_a_disk_after_a_few_tries() -> None:
    assert disk_for(1e15, DISK) > 1e15
