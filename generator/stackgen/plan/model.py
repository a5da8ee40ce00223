"""What the planner works out. Plain frozen data; every value knows its inputs."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cached_property
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.manifest.document import Path
from stackgen.origin import Origin, Traced, any_of, given_or
from stackgen.plan.adapters import Adapters
from stackgen.plan.autoscaling import Scaling
from stackgen.plan.devices import Devices, Shape
from stackgen.plan.dimensions import Dimensions
from stackgen.plan.gpus import Gpus
from stackgen.plan.kv_offload import Offload, chunks
from stackgen.plan.members import Member
from stackgen.plan.memory import HbmFit
from stackgen.plan.model_cache import Cache
from stackgen.plan.parallelism import Parallelism
from stackgen.plan.platform import Managed
from stackgen.plan.prefill import Transfer
from stackgen.plan.slices import Slice
from stackgen.plan.speculative import Draft
from stackgen.plan.startup import Startup
from stackgen.record import record
from stackgen.spec.model import Stack
from stackgen.spec.node_pools import Fallback, NodePool
from stackgen.spec.serving import Model

# A Deployment starts that share of new Pods before it stops old ones: Kubernetes' default of
# maxSurge, which KServe leaves as it is.
SURGE_PERCENT = 25


@record
class Release:
    """A release row, and its quirks by name. chosen: the spec's word for it.

    port: of the model servers, in place of the row's.
    """

    row: Row
    chosen: Traced[str]
    port: Traced[int | None]

    def value(self, *path: str | int) -> Traced[Any]:
        """The value at `path` in the row."""
        known = self._values.get(path)
        if known is None:
            found = self.row.value(*path)
            origin = replace(found.origin, inputs=(self.chosen.origin,))
            known = self._values[path] = replace(found, origin=origin)
        return known

    @cached_property
    def _values(self) -> dict[Path, Traced[Any]]:
        return {}

    def optional(self, *path: str | int) -> Traced[Any] | None:
        """As `value`, or None where the row does not say."""
        found: Any = self.row.data
        for part in path:
            if part not in found:
                return None
            found = found[part]
        return self.value(*path)

    @property
    def platform(self) -> str:
        """The serving platform: a folder of `platforms/`."""
        return str(self.row.data["platform"])

    def serving(self, *path: str | int) -> Traced[Any]:
        """The value at `path` in what the row says of its serving platform."""
        found = self.value(self.platform, *path)
        return given_or(self.port, found) if path == ("port",) else found

    def has(self, *path: str) -> bool:
        """Whether the row says something of its serving platform at `path`."""
        return self.row.get(self.platform, *path) is not None

    def quirk(self, name: str) -> Traced[bool]:
        """Whether the release has a quirk, as an input for the values it decides."""
        quirk = self.row.data["quirks"].get(name)
        why, source = (quirk["why"], quirk["source"]) if quirk else ("not of this release", "")
        origin = Origin(
            "quirk", f"{self.row.key}/{name}", why, (self.chosen.origin,), source=source
        )
        return Traced(quirk is not None, origin)


@record
class PoolPlan:
    """A node pool of the spec with its machine type. shape: of its accelerators, None without any.

    members: the node pools of GKE that it is: itself, or one for each slice of several hosts.
    upgraded_at_once: how many of a member's nodes are taken away at a time for an upgrade.
    max_run: seconds after which Google Cloud takes the nodes back; None for most purchases.
    unfit: under `topology: auto`, why no topology fits, by model; empty when one does.
    fallback: what GKE creates when the pool has no room or no capacity, first choice first.
    """

    spec: NodePool
    machine_type: Traced[str]
    disk_type: Traced[str] | None
    zone: Traced[str]
    max_run: Traced[int] | None
    shape: Shape | None
    members: tuple[Member, ...]
    upgraded_at_once: Traced[int]
    unfit: tuple[str, ...] = ()
    fallback: tuple[Priority, ...] = ()

    @property
    def slice(self) -> Slice | None:
        """The TPU slice of a TPU pool."""
        return self.shape if isinstance(self.shape, Slice) else None

    @property
    def gpus(self) -> Gpus | None:
        """The GPUs of a GPU pool."""
        return self.shape if isinstance(self.shape, Gpus) else None


@record
class Priority:
    """An entry of `fallback`, and what its nodes are, as if they were a node pool of the spec."""

    given: Fallback
    zones: tuple[Traced[str], ...]
    pool: PoolPlan


@record
class Server:
    """How one server of a model is made: its size, spread, memory and context.

    devices: what it computes on. image: what runs on them. hbm: None where the model's size is not
    known. concurrency: sequences at the same time that are asked for, by the spec or by
    `--max-num-seqs`. adapters, draft, offload: what the engine does besides; None for nothing.
    """

    devices: Devices
    image: Traced[str]
    size: Dimensions
    spread: Parallelism
    hbm: HbmFit | None
    max_model_len: Traced[int] | None
    concurrency: Traced[int] | None
    adapters: Adapters | None
    draft: Draft | None
    offload: Offload | None

    @property
    def variables(self) -> tuple[tuple[str, Traced[str]], ...]:
        """What the engine needs in its environment for that."""
        found = [] if self.adapters is None else [*self.adapters.variables]
        found += [] if self.draft is None else self.draft.variables
        if self.offload is not None:
            found += chunks(self.offload, None if self.hbm is None else self.hbm.kv_bytes)
        return tuple(found)


@record
class Group:
    """How the hosts of one server find each other. port: Ray's. object_store: its bytes a host."""

    port: Traced[int]
    object_store: Traced[int]


@record
class ModelPlan:
    """A model server: command line, host resources (Kubernetes quantities), start-up budget.

    address: flags that say where the model and its adapters are, how it is called, and on which
    port it is served.
    flags: the others of vLLM's command line, in order. by_preset: whether a preset of the release
    starts vLLM with that address, and appends the flags; None where presets do not.
    startup: its time and the start-up probe. load_gib: of the weights as downloaded.
    shared_memory: what it needs at /dev/shm, None where KServe's own suffices. group: of a server
    on several hosts. fewest, most: replicas. scaling: how they follow a metric, None where they are
    fixed. service: the name of the model, which its prefill servers share. role: `prefill`,
    `decode`, or "" for servers that do both. port: where vLLM listens. transfer: of the KV cache
    between the roles, None for both in one. prefill: the prefill servers of decode servers.
    alternatives: the same servers on each entry of the pool's `fallback`.
    cache: where weights and compiled programs are kept.
    """

    spec: Model
    pool: PoolPlan
    server: Server
    served_name: Traced[str]
    image: Traced[str]
    address: tuple[Traced[str], ...]
    flags: tuple[Traced[str], ...]
    by_preset: Traced[bool] | None
    cpu: Traced[str]
    memory: Traced[str]
    ephemeral_storage: Traced[str]
    startup: Startup
    load_gib: Traced[float]
    shared_memory: Traced[str | None] | None
    group: Group | None
    fewest: Traced[int]
    most: Traced[int]
    scaling: Scaling | None
    service: Traced[str]
    role: str
    port: Traced[int]
    transfer: Transfer | None
    cache: Cache
    prefill: ModelPlan | None = None
    alternatives: tuple[ModelPlan, ...] = ()


@record
class Plan:
    """The whole plan of one environment.

    catalog: where facts about the kinds that are rendered are looked up.
    """

    env: str
    stack: Stack
    release: Release
    cluster_name: Traced[str]
    managed: Managed
    pools: tuple[PoolPlan, ...]
    models: tuple[ModelPlan, ...]
    catalog: Catalog

    @cached_property
    def servers(self) -> tuple[ModelPlan, ...]:
        """The models, each followed by its prefill servers."""
        both = ((model, model.prefill) for model in self.models)
        return tuple(one for pair in both for one in pair if one is not None)

    @cached_property
    def mounts(self) -> Traced[bool]:
        """Whether a model server mounts a bucket."""
        return any_of(*(m.cache.fuse for m in self.models))

    @cached_property
    def reads(self) -> Traced[bool]:
        """Whether a model server reads its model over the network."""
        return any_of(*(one for m in self.models for one in (m.cache.online, m.cache.fuse)))

    def installs(self, chart: str) -> Traced[bool]:
        """Whether the stack installs a chart of the release row: where it installs its part."""
        return self.part(self.release.row.data["charts"][chart]["part"])

    def part(self, name: str) -> Traced[bool]:
        """Whether the stack installs a part, by its name in `Managed`."""
        if name not in (part.name for part in fields(Managed)):
            raise LookupError(f"{name} is not a part that a stack installs")
        made: Traced[bool] = getattr(self.managed, name)
        return made
