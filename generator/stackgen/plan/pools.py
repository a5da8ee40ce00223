"""Node pools: machine type, zone, and the shape of their accelerators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.origin import Traced, given_or, known, picked
from stackgen.plan.auto import AUTO, Choice, choose
from stackgen.plan.devices import Shape
from stackgen.plan.gpu_machine import gpu_machine
from stackgen.plan.gpus import gpus_of
from stackgen.plan.members import members, upgraded_at_once
from stackgen.plan.model import PoolPlan, Priority, Release
from stackgen.plan.server import Configs
from stackgen.plan.slices import slice_of
from stackgen.spec.model import Cluster
from stackgen.spec.node_pools import Fallback, NodePool
from stackgen.spec.serving import Model


def pool_plan(
    pool: NodePool, cluster: Cluster, models: Sequence[Model], release: Release, catalog: Catalog,
    configs: Configs,
) -> PoolPlan:  # fmt: skip
    """The plan of `pool`, on which `models` run."""
    made = _pool_plan(pool, cluster, models, release, catalog, configs)
    others = tuple(
        Priority(
            one,
            one.zones or (made.zone,),
            _pool_plan(as_pool(pool, one, made), cluster, models, release, catalog, configs),
        )
        for one in pool.fallback
    )
    return replace(made, fallback=others) if others else made


def as_pool(pool: NodePool, given: Fallback, made: PoolPlan) -> NodePool:
    """The entry of `fallback` as a node pool, with what it leaves to `pool`, which became `made`.

    An entry never takes over a reservation: the first place to look for machines already exists.
    """
    topology: Traced[Any] = made.slice.topology if made.slice is not None else pool.topology
    zone: Traced[Any] = given.zones[0] if given.zones else pool.zone
    same = given.accelerator.value is None and given.topology.value is None
    return replace(
        pool,
        purchase=given.purchase,
        reservation=given.reservation,
        zone=zone,
        accelerator=given_or(given.accelerator, pool.accelerator),
        topology=given_or(given.topology, topology),
        machineType=pool.machineType if same else pool.machineType.map("none", "other", _none),
        maxRunDurationSeconds=given.maxRunDurationSeconds,
        fallback=(),
    )


def _none(_: Any) -> None:
    return None


def _pool_plan(
    pool: NodePool, cluster: Cluster, models: Sequence[Model], release: Release, catalog: Catalog,
    configs: Configs,
) -> PoolPlan:  # fmt: skip
    zone = _zone(pool, cluster)
    flex = pool.purchase.value == "flex-start"
    max_run = None
    if flex:
        usual = catalog.gke("flex-start").value("max_run_seconds")
        max_run = given_or(pool.maxRunDurationSeconds, usual)
    accelerator = known(pool.accelerator)
    if accelerator is None:
        machine = known(pool.machineType)
        assert machine is not None
        return _of(pool, machine, None, zone, None, catalog, max_run=max_run)
    kind = found(catalog.accelerator(accelerator.value), accelerator)
    if kind.data["kind"] == "gpu":
        made = _gpu_pool(pool, accelerator, kind, zone, models, release, catalog, configs)
    else:
        made = _tpu_pool(pool, accelerator, kind, zone, models, release, catalog, configs)
    return replace(made, max_run=max_run)


def _gpu_pool(
    pool: NodePool, accelerator: Traced[str], kind: Row, zone: Traced[str],
    models: Sequence[Model], release: Release, catalog: Catalog, configs: Configs,
) -> PoolPlan:  # fmt: skip
    item, row = gpu_machine(pool, models, release, catalog, configs)
    # GPUs may be attached to a plain machine, which the row then names.
    plain = row.get("machine_type")
    machine = picked("machine type", "the machine with these GPUs", plain or item, item)
    disk = _boot_disk(row, item)
    return _of(pool, machine, disk, zone, gpus_of(accelerator, kind, item, row), catalog)


def _tpu_pool(
    pool: NodePool, accelerator: Traced[str], generation: Row, zone: Traced[str],
    models: Sequence[Model], release: Release, catalog: Catalog, configs: Configs,
) -> PoolPlan:  # fmt: skip
    asked = known(pool.topology)
    assert asked is not None
    choice: Choice | None = Choice(asked)
    if asked.value == AUTO:
        choice = choose(pool, models, release, catalog, configs)
    if choice is None:
        raise LookupError(f"{accelerator.value} has no slice on one host")
    topology = choice.topology
    shape = found(
        catalog.topology(accelerator.value, topology.value, pool.machineType.value), topology
    )
    machine: Traced[str] = picked(
        "machine type", "the machine that holds this topology",
        shape.value("machine"), accelerator, topology, pool.machineType,
    )  # fmt: skip
    disk = _boot_disk(found(catalog.machine(machine.value), topology), machine)
    shaped = slice_of(accelerator, topology, pool.machineType, generation, shape)
    return _of(pool, machine, disk, zone, shaped, catalog, unfit=choice.unfit)


def _of(
    pool: NodePool, machine: Traced[str], disk: Traced[str] | None, zone: Traced[str],
    shape: Shape | None, catalog: Catalog, max_run: Traced[int] | None = None,
    unfit: tuple[str, ...] = (),
) -> PoolPlan:  # fmt: skip
    made, at_once = members(pool, shape, catalog), upgraded_at_once(shape, catalog)
    return PoolPlan(pool, machine, disk, zone, max_run, shape, made, at_once, unfit)


def _boot_disk(row: Row, machine: Traced[str]) -> Traced[str] | None:
    """A disk type that the machine boots from; None where its row, the user's own, has none."""
    first = row.get("boot_disks", 0)
    if first is None:
        return None
    return picked("boot disk", "the disk type this machine boots from", first, machine)


def _zone(pool: NodePool, cluster: Cluster) -> Traced[str]:
    return given_or(pool.zone, picked("zone", "the cluster's location", cluster.location))


def found(row: Row | None, reference: Traced[str]) -> Row:
    """The row that `reference` names. Raises LookupError for none."""
    if row is None:
        raise LookupError(f"no catalog row for {reference.value}")
    return row
