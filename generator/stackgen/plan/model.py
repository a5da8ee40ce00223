"""What the planner works out. Plain frozen data; every value knows its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.origin import Origin, Traced
from stackgen.spec.model import Model, NodePool, Stack


@dataclass(frozen=True, slots=True)
class Release:
    """A release row, and its quirks by name. chosen: the spec's word for it."""

    row: Row
    chosen: Traced[str]

    def value(self, *path: str | int) -> Traced[Any]:
        """The value at `path` in the row."""
        found = self.row.value(*path)
        return Traced(found.value, replace(found.origin, inputs=(self.chosen.origin,)))

    def quirk(self, name: str) -> Traced[bool]:
        """A quirk of the release, as an input for the values it decides. KeyError if unknown."""
        quirk = self.row.data["quirks"][name]
        release = self.row.key
        return Traced(True, Origin(
            "quirk", f"{release}/{name}", quirk["why"], (self.chosen.origin,),
            source=quirk["source"],
        ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slice:
    """A TPU slice: topology, hosts, and the environment that follows from its shape.

    env: the variables a container of a single-host slice sees, by name, in order.
    """

    accelerator: Traced[str]
    topology: Traced[str]
    accelerator_label: Traced[str]
    chips: Traced[int]
    hosts: Traced[int]
    chips_per_host: Traced[int]
    env: Mapping[str, Traced[str]]


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """A node pool with its machine type; `slice` for TPU pools."""

    spec: NodePool
    machine_type: Traced[str]
    disk_type: Traced[str] | None
    zone: Traced[str]
    slice: Slice | None


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """A model server: command line, host resources (Kubernetes quantities), start-up budget.

    flags: vLLM's command line, in order. startup_failures: how often the startup probe may fail,
    one try every `startup_period` seconds.
    """

    spec: Model
    pool: PoolPlan
    served_name: Traced[str]
    image: Traced[str]
    flags: tuple[Traced[str], ...]
    cpu: Traced[str]
    memory: Traced[str]
    ephemeral_storage: Traced[str]
    startup_period: Traced[int]
    startup_failures: Traced[int]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole plan of one environment."""

    env: str
    stack: Stack
    release: Release
    cluster_name: Traced[str]
    pools: tuple[PoolPlan, ...]
    models: tuple[ModelPlan, ...]
