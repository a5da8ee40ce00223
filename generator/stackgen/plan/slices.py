"""TPU slices: what follows from generation and topology.

Formulas of GKE's device plug-in (source in accelerators.yaml): the same values it injects.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import floordiv
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.hardware import bounds_of_hosts
from stackgen.origin import Traced, computed, is_value, literal, picked
from stackgen.record import record
from stackgen.spec.node_pools import DYNAMIC, NodePool

# Variables of the only host of a slice; of several each is told by the LeaderWorkerSet controller.
ALONE = ("TPU_WORKER_HOSTNAMES", "TPU_WORKER_ID", "TPU_NUM_DEVICES")


@record
class Slice:
    """A TPU slice: topology, hosts, and the environment that follows from its shape.

    devices_per_chip: what JAX sees of one chip. env: the variables that are written into a
    container, by name, in order; none that say which host of several it is on.
    """

    accelerator: Traced[str]
    topology: Traced[str]
    accelerator_label: Traced[str]
    chips: Traced[int]
    hosts: Traced[int]
    chips_per_host: Traced[int]
    devices_per_chip: Traced[int]
    env: Mapping[str, Traced[str]]


def is_dynamic(pool: NodePool) -> Traced[bool]:
    """Whether GKE forms the slices of a pool when servers start."""
    return is_value(pool.slicing, DYNAMIC)


def workload_policy(shape: Slice, catalog: Catalog) -> Traced[str] | None:
    """The workload policy for slices of this shape; None for a generation that needs none."""
    row = catalog.accelerator(shape.accelerator.value)
    needed = row.get("workload_policy") if row is not None else None
    if needed is None or not needed.value:
        return None
    return computed(
        "generation-topology", "the policy that bootstrap creates",
        lambda generation, topology, _: f"{generation}-{topology}",
        shape.accelerator, shape.topology, needed,
    )  # fmt: skip


def slice_of(
    accelerator: Traced[str],
    topology: Traced[str],
    machine: Traced[str | None],
    generation: Row,
    shape: Row,
) -> Slice:
    """The slice `topology` of `generation`; `shape` is its row of topologies.yaml.

    machine: the machine type, where the spec says one. It decides how many hosts a topology has;
    the generation does not.
    """
    chips = row_value(shape, "chips", accelerator, topology)
    hosts = row_value(shape, "hosts", topology, machine)
    per_host = computed("chips / hosts", "chips of one host", floordiv, chips, hosts)
    return Slice(
        accelerator=accelerator,
        topology=topology,
        accelerator_label=row_value(generation, "label", accelerator),
        chips=chips,
        hosts=hosts,
        chips_per_host=per_host,
        devices_per_chip=row_value(generation, "jax_devices_per_chip", accelerator),
        env=environment(topology, generation, chips, hosts, per_host),
    )


def row_value(row: Row, field: str, *chosen_by: Traced[Any]) -> Traced[Any]:
    """A catalog value together with what picked its row."""
    return picked("catalog row", "picked by the spec", row.value(field), *chosen_by)


def environment(
    topology: Traced[str],
    generation: Row,
    chips: Traced[int],
    hosts: Traced[int],
    per_host: Traced[int],
) -> Mapping[str, Traced[str]]:
    """TPU variables of a container, in the order they are written.

    On several hosts each is told by the LeaderWorkerSet controller which of them it is, and by
    no variable of ours: the controller sets nothing where one of them already exists.
    """
    table = generation.value("chips_per_host_bounds")
    injected = "what GKE's device plug-in injects"
    shape = {
        "TPU_CHIPS_PER_HOST_BOUNDS": computed(
            "shape of one host's chips", injected, _chip_bounds, per_host, table
        ),
        "TPU_HOST_BOUNDS": computed(
            "topology / shape of one host", injected, _host_bounds, topology, per_host, table
        ),
        "PJRT_DEVICE": literal("TPU", "tpu/runtime", "selects the TPU runtime"),
    }
    if hosts.value > 1:
        return shape
    return {
        **shape,
        "TPU_WORKER_HOSTNAMES": picked(
            "localhost", "a single host is its own only worker",
            literal("localhost", "tpu/one-host", "a single host is its own only worker"), hosts,
        ),
        "TPU_WORKER_ID": picked(
            "0", "a single host is worker 0",
            literal("0", "tpu/one-host", "a single host is worker 0"), hosts,
        ),
        "TPU_NUM_DEVICES": computed(
            "chips", "of the reference architecture; vLLM and its backends do not read it", str,
            chips,
        ),
    }  # fmt: skip


def _chip_bounds(per_host: int, table: Mapping[str, list[int]]) -> str:
    return ",".join(str(n) for n in table[str(per_host)])


def _host_bounds(topology: str, per_host: int, table: Mapping[str, list[int]]) -> str:
    return ",".join(str(n) for n in bounds_of_hosts(topology, table[str(per_host)]))
