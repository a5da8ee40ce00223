"""From the typed spec to the plan."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.origin import Traced, computed
from stackgen.plan.model import Plan, PoolPlan, Release
from stackgen.plan.serving import model_plan
from stackgen.plan.slices import slice_of
from stackgen.spec.model import Cluster, NodePool, Stack


def make_plan(env: str, stack: Stack, catalog: Catalog) -> Plan:
    """The plan of a spec that passed its checks: every reference leads somewhere."""
    spec = stack.spec
    release = Release(_found(catalog.release(spec.release.value), spec.release), spec.release)
    pools = tuple(_pool(pool, spec.cluster, catalog) for pool in spec.cluster.nodePools)
    by_name = {pool.spec.name.value: pool for pool in pools}
    models = tuple(
        model_plan(model, spec.serving, by_name[model.nodePool.value], release, catalog)
        for model in spec.serving.models
    )
    name = spec.cluster.name
    if name.value is None:
        chosen: Traced[str] = computed(
            "cluster name", "the stack's name", stack.metadata.name.value, stack.metadata.name, name
        )
    else:
        chosen = Traced(name.value, name.origin)
    return Plan(env, stack, release, chosen, pools, models)


def _pool(pool: NodePool, cluster: Cluster, catalog: Catalog) -> PoolPlan:
    zone = _zone(pool, cluster)
    if pool.accelerator.value is None or pool.topology.value is None:
        assert pool.machineType.value is not None
        machine = Traced(pool.machineType.value, pool.machineType.origin)
        return PoolPlan(pool, machine, None, zone, None)
    accelerator = Traced(pool.accelerator.value, pool.accelerator.origin)
    topology = Traced(pool.topology.value, pool.topology.origin)
    shape = _found(
        catalog.topology(accelerator.value, topology.value, pool.machineType.value), topology
    )
    generation = _found(catalog.accelerator(accelerator.value), accelerator)
    row = shape.value("machine")
    machine_type: Traced[str] = computed(
        "machine type", "the machine that holds this topology",
        row.value, row, accelerator, topology, pool.machineType,
    )  # fmt: skip
    disks = _found(catalog.machine(machine_type.value), topology).value("boot_disks", 0)
    disk: Traced[str] = computed(
        "boot disk", "the disk type this machine boots from", disks.value, disks, machine_type
    )
    return PoolPlan(
        pool, machine_type, disk, zone, slice_of(accelerator, topology, generation, shape)
    )


def _zone(pool: NodePool, cluster: Cluster) -> Traced[str]:
    if pool.zone.value is not None:
        return Traced(pool.zone.value, pool.zone.origin)
    location = cluster.location
    return computed("zone", "the cluster's location", location.value, location, pool.zone)


def _found(row: Row | None, reference: Traced[str]) -> Row:
    if row is None:
        raise LookupError(f"no catalogue row for {reference.value}")
    return row
