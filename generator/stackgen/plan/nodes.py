"""What GKE leaves of a machine for pods. Arithmetic on plain numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed

GB = 10**9  # sizes of disks are decimal


def allocatable_cpu(vcpu: float, reservation: Mapping[str, Any]) -> float:
    """CPUs of `vcpu` that Pods get."""
    reserved = _steps(vcpu, reservation["cpu_core_steps"], reservation["cpu_above"])
    return vcpu - reserved


def allocatable_memory(gib: float, reservation: Mapping[str, Any]) -> float:
    """GiB of `gib` that Pods get: less the kernel's part, the reserved part, and for eviction."""
    kernel: float = gib * reservation["kernel_fraction"] + reservation["kernel_mib"] / 1024
    reserved = _steps(gib, reservation["memory_gib_steps"], reservation["memory_above"])
    eviction: float = reservation["eviction_mib"] / 1024
    return gib - kernel - reserved - eviction


def allocatable_disk(gib: float, disk: Mapping[str, Any]) -> float:
    """GiB of a boot disk of `gib` that Pods may fill."""
    kept = min(
        gib * disk["reserved_half"],
        disk["reserved_gib"] + gib * disk["reserved_fraction"],
        disk["reserved_most_gib"],
    )
    return gib * (1.0 - float(disk["eviction_fraction"])) - float(kept)


def disk_for(gib: float, disk: Mapping[str, Any]) -> int:
    """GB of the smallest boot disk, in steps of 50, that leaves `gib` to pods."""

    def leaves_enough(steps: int) -> bool:
        return allocatable_disk(steps * 50 * GB / 2**30, disk) >= gib

    most = 1
    while not leaves_enough(most):
        most *= 2
    least = most // 2  # a model may be of any size: the number of tries grows with its logarithm
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if leaves_enough(middle) else (middle, most)
    return most * 50


def _steps(amount: float, steps: Sequence[Sequence[float]], above: float) -> float:
    reserved = 0.0
    for size, fraction in steps:
        part = min(amount, size)
        reserved += part * fraction
        amount -= part
    return reserved + amount * above


# Fields of the reservation that each figure is made from.
CPU_FIELDS = ("cpu_core_steps", "cpu_above")
MEMORY_FIELDS = (
    "memory_gib_steps", "memory_above", "kernel_fraction", "kernel_mib", "eviction_mib"
)  # fmt: skip


def node(machine: Traced[str], catalog: Catalog) -> tuple[Traced[float], Traced[float]] | None:
    """Allocatable CPUs and GiB of one node; None for a machine the catalog does not have."""
    row = catalog.machine(machine.value)
    if row is None:
        return None
    why = "what GKE leaves to Pods"
    return (
        computed(
            "vCPU - reserved", why, lambda vcpu, _, **kept: round(allocatable_cpu(vcpu, kept), 2),
            row.value("vcpu"), machine, **reserved(catalog, CPU_FIELDS),
        ),
        computed(
            "GiB - kernel - reserved - eviction", why,
            lambda gib, _, **kept: round(allocatable_memory(gib, kept), 1),
            row.value("memory_gib"), machine, **reserved(catalog, MEMORY_FIELDS),
        ),
    )  # fmt: skip


def reserved(catalog: Catalog, fields: Iterable[str]) -> dict[str, Traced[Any]]:
    """What GKE keeps of a node for itself, by field of the catalog row."""
    row = catalog.gke("node-reservation")
    return {field: row.value(field) for field in fields}
