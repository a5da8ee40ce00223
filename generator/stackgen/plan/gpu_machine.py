"""The machine of a GPU pool: the smallest with its GPUs whose memory holds the servers on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.gpu_machines import machines
from stackgen.facts.quantity import in_gib
from stackgen.origin import Traced, known, literal, picked
from stackgen.plan.auto import inputs_of
from stackgen.plan.gpus import gpus_of
from stackgen.plan.model import Release
from stackgen.plan.nodes import allocatable_memory
from stackgen.plan.server import Configs, host_memory, load_gib, server_of
from stackgen.spec.node_pools import NodePool
from stackgen.spec.serving import Model


def gpu_machine(
    pool: NodePool, models: Sequence[Model], release: Release, catalog: Catalog, configs: Configs
) -> tuple[Traced[str], Row]:
    """The row of the machine for `pool`, on which `models` run, and its name.

    Raises LookupError where the catalog has no machine with these GPUs.
    """
    accelerator = known(pool.accelerator)
    assert accelerator is not None
    rows = machines(accelerator.value, pool.gpus.value, pool.machineType.value, catalog)
    if not rows:
        raise LookupError(f"no machine with {pool.gpus.value} {accelerator.value}")
    inputs: tuple[Traced[Any], ...] = (accelerator, pool.gpus, pool.machineType)
    if len(rows) == 1:
        return _named("machine with these GPUs", "there is no other", rows[0], *inputs), rows[0]
    inputs = (*inputs, *inputs_of(models))
    for row in rows:
        if all(_holds(row, model, accelerator, release, catalog, configs) for model in models):
            why = "the smallest with these GPUs whose memory holds the models"
            return _named("smallest machine that fits", why, row, *inputs), row
    why = "no machine with these GPUs has the memory that the models ask for; this is the largest"
    return _named("largest machine", why, rows[-1], *inputs), rows[-1]


def _named(name: str, why: str, row: Row, *inputs: Traced[Any]) -> Traced[str]:
    return picked(name, why, row.value("name"), row.value("gpus"), row.value("memory_gib"), *inputs)


def _holds(
    row: Row, model: Model, accelerator: Traced[str], release: Release, catalog: Catalog,
    configs: Configs,
) -> bool:  # fmt: skip
    """Whether a node has the memory for as many servers of `model` as it has GPUs for."""
    kind = catalog.accelerator(accelerator.value)
    assert kind is not None
    item = literal(row.key, "plan/gpu-machine", "tried")
    shape = gpus_of(accelerator, kind, item, row)
    server = server_of(model, shape, release, catalog, configs)
    asked = in_gib(host_memory(model, load_gib(model, server), server.devices, catalog).value)
    count = max(1, shape.per_node.value // server.devices.count.value)
    system = catalog.gke("system-pods").data["node_memory_gib"]
    left = allocatable_memory(row.data["memory_gib"], catalog.gke("node-reservation").data)
    return bool(count * asked + system <= left)
