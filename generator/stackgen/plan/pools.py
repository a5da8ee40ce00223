"""Node pools: machine type, zone, and the shape of their accelerators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.origin import Traced, computed
from stackgen.plan.auto import AUTO, Choice, choose
from stackgen.plan.devices import Shape
from stackgen.plan.gpu_machine import gpu_machine
from stackgen.plan.gpus import gpus_of, machine_type
from stackgen.plan.members import members, upgraded_at_once
from stackgen.plan.model import PoolPlan
from stackgen.plan.server import Configs
from stackgen.plan.slices import slice_of
from stackgen.spec.model import Cluster, NodePool
from stackgen.spec.serving import Model


def pool_plan(
    pool: NodePool, cluster: Cluster, models: Sequence[Model], catalog: Catalog, configs: Configs
) -> PoolPlan:
    """The plan of `pool`, on which `models` run."""
    zone = _zone(pool, cluster)
    flex = pool.purchase.value == "flex-start"
    max_run = catalog.gke("flex-start").value("max_run_seconds") if flex else None
    if pool.accelerator.value is None:
        assert pool.machineType.value is not None
        machine = Traced(pool.machineType.value, pool.machineType.origin)
        return _of(pool, machine, None, zone, None, catalog, max_run=max_run)
    accelerator: Traced[str] = Traced(pool.accelerator.value, pool.accelerator.origin)
    kind = found(catalog.accelerator(accelerator.value), accelerator)
    if kind.data["kind"] == "gpu":
        made = _gpu_pool(pool, accelerator, kind, zone, models, catalog, configs)
    else:
        made = _tpu_pool(pool, accelerator, kind, zone, models, catalog, configs)
    return replace(made, max_run=max_run)


def _gpu_pool(
    pool: NodePool, accelerator: Traced[str], kind: Row, zone: Traced[str],
    models: Sequence[Model], catalog: Catalog, configs: Configs,
) -> PoolPlan:  # fmt: skip
    item, row = gpu_machine(pool, models, catalog, configs)
    name = machine_type(row)
    machine = computed("machine type", "the machine with these GPUs", name, item)
    disk = _boot_disk(row, item)
    return _of(pool, machine, disk, zone, gpus_of(accelerator, kind, item, row), catalog)


def _tpu_pool(
    pool: NodePool, accelerator: Traced[str], generation: Row, zone: Traced[str],
    models: Sequence[Model], catalog: Catalog, configs: Configs,
) -> PoolPlan:  # fmt: skip
    assert pool.topology.value is not None
    choice: Choice | None = Choice(Traced(pool.topology.value, pool.topology.origin))
    if pool.topology.value == AUTO:
        choice = choose(pool, models, catalog, configs)
    if choice is None:
        raise LookupError(f"{accelerator.value} has no slice on one host")
    topology = choice.topology
    shape = found(
        catalog.topology(accelerator.value, topology.value, pool.machineType.value), topology
    )
    row = shape.value("machine")
    machine: Traced[str] = computed(
        "machine type", "the machine that holds this topology",
        row.value, row, accelerator, topology, pool.machineType,
    )  # fmt: skip
    disk = _boot_disk(found(catalog.machine(machine.value), topology), machine)
    shaped = slice_of(accelerator, topology, pool.machineType, generation, shape)
    return _of(pool, machine, disk, zone, shaped, catalog, unfit=choice.unfit)


def _of(
    pool: NodePool, machine: Traced[str], disk: Traced[str] | None, zone: Traced[str],
    shape: Shape | None, catalog: Catalog, max_run: Traced[int] | None = None,
    unfit: tuple[str, ...] = (),
) -> PoolPlan:  # fmt: skip
    made, at_once = members(pool, shape), upgraded_at_once(shape, catalog)
    return PoolPlan(pool, machine, disk, zone, max_run, shape, made, at_once, unfit)


def _boot_disk(row: Row, machine: Traced[str]) -> Traced[str] | None:
    """A disk type that the machine boots from; None where its row, the user's own, has none."""
    first = row.get("boot_disks", 0)
    if first is None:
        return None
    return computed(
        "boot disk", "the disk type this machine boots from", first.value, first, machine
    )


def _zone(pool: NodePool, cluster: Cluster) -> Traced[str]:
    if pool.zone.value is not None:
        return Traced(pool.zone.value, pool.zone.origin)
    location = cluster.location
    return computed("zone", "the cluster's location", location.value, location, pool.zone)


def found(row: Row | None, reference: Traced[str]) -> Row:
    """The row that `reference` names. Raises LookupError for none."""
    if row is None:
        raise LookupError(f"no catalogue row for {reference.value}")
    return row
