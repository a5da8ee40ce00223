"""What a model server computes on, chips or GPUs, as far as a manifest says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stackgen.catalog.rows import Row
from stackgen.digits import to_int
from stackgen.facts.pools import Pools
from stackgen.facts.workloads import (
    COUNT,
    GPU,
    GPU_ACCELERATOR,
    INSTANCE_TYPE,
    NODE_POOL,
    Workload,
)
from stackgen.plan.devices import SIZING
from stackgen.plan.fit import GPU_LANES, TPU_LANES
from stackgen.record import record

if TYPE_CHECKING:
    from stackgen.checks.tpu.view import View


@record
class Devices:
    """The devices that one server computes on.

    row: of the accelerator. chips: of the whole slice, or the GPUs of the Pod or of the group of
    Pods. each: devices in a chip. unit: what one is called. where: type and shape, for messages.
    lanes: see `plan.fit`. sizing: rows of sizing.yaml by what they are for.
    """

    row: Row
    chips: int
    each: int
    unit: str
    where: str
    lanes: int
    sizing: Mapping[str, str]

    @property
    def count(self) -> int:
        """As JAX and CUDA count them."""
        return self.chips * self.each


def devices_of(seen: View, workload: Workload) -> Devices | None:
    """What the server of a workload computes on; None when that is not known."""
    target = seen.target(workload)
    if target.generation is not None and target.shape is not None:
        where = f"{target.generation.key} {target.topology}"
        each = int(target.generation.data["jax_devices_per_chip"])
        return Devices(
            target.generation, target.shape.chips, each, "chip", where, TPU_LANES, SIZING["tpu"]
        )
    row, count = gpu_of(seen, workload), gpus_in_all(workload)
    if row is None or count is None:
        return None
    return Devices(row, count, 1, "GPU", f"{count} {row.key}", GPU_LANES, SIZING["gpu"])


def counted_devices(seen: View, workload: Workload) -> tuple[Devices | None, int | None]:
    """What a server computes on, and the number of devices, which needs no type of GPU."""
    devices = seen.devices(workload)
    return devices, devices.count if devices is not None else gpus_in_all(workload)


def gpus_in_all(workload: Workload) -> int | None:
    """The GPUs of the Pod, or of the group of Pods; None for none, or an unknown number."""
    count, pods = gpus(workload), workload.size.value if workload.grouped else 1
    return None if count is None or pods is None else count * pods


def gpus(workload: Workload) -> int | None:
    """The GPUs that the server of a workload asks for; None for none, or an unknown number."""
    server = workload.server
    return server.amount(GPU) if server is not None and server.amount_path(GPU) else None


def gpu_of(seen: View, workload: Workload) -> Row | None:
    """The type of GPU that a workload's nodes have; None when it is not known."""
    label = workload.label(GPU_ACCELERATOR)
    if label is None:
        named = NODE_POOL in workload.labels
        found = gpu_pools_for(seen, workload).gpu_labels if named else frozenset()
        label = next(iter(found)) if len(found) == 1 else None
    row = seen.catalog.accelerator_of_label(label) if label else None
    return row if row is not None and row.data["kind"] == "gpu" else None


def gpu_pools_for(seen: View, workload: Workload) -> Pools:
    """The GPU pools whose nodes the workload's selectors allow."""
    return seen.pools_near(workload, "gpu", workload.labels)


def gpu_machines(seen: View, workload: Workload) -> tuple[Row, ...]:
    """The machines that a GPU workload may land on; none when they are not all known."""
    row = gpu_of(seen, workload)
    if row is None:
        return ()
    if NODE_POOL in workload.labels:
        pools = gpu_pools_for(seen, workload)
        found = tuple(pool.gpu_machine for pool in pools)
        return tuple(m for m in found if m is not None) if all(found) else ()
    machines = tuple(seen.catalog.machines_of(row.key))
    named, count = workload.label(INSTANCE_TYPE), workload.label(COUNT)
    if named is not None:
        machines = tuple(m for m in machines if m.data.get("machine_type", m.key) == named)
    if count is not None and count.isdecimal():
        machines = tuple(m for m in machines if m.data["gpus"] == to_int(count))
    return machines
