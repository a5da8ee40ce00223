"""The node pools of a bundle: Config Connector's ContainerNodePool, GKE's ComputeClass."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts import hardware
from stackgen.facts.gpu_machines import machines as gpu_machines
from stackgen.facts.hardware import Shape
from stackgen.facts.locations import is_zone
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, as_list, plain
from stackgen.facts.workloads import (
    ACCELERATOR,
    COUNT,
    GPU_ACCELERATOR,
    INSTANCE_TYPE,
    NODE_POOL,
    SPOT,
    TOPOLOGY,
    Label,
)
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record
from stackgen.regex import regex

GROUP = "container.cnrm.cloud.google.com"
# The labels of nodes whose GPUs are shared.
SHARING = "cloud.google.com/gke-gpu-sharing-strategy"
CLIENTS = "cloud.google.com/gke-max-shared-clients-per-gpu"
# Series of machines that have GPUs only where `guestAccelerator` says so (n1), or never.
_WITHOUT_GPUS = regex(r"(?:c2d?|c3d?|c4[ad]?|e2|h3|h4d|m[1-4]|n1|n2d?|n4|t2[ad]|z3)-")
# What GKE allows as the name of a node pool. Others are expressions, or of a block without one.
_NAME = regex(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")
# Folders with the tools of a set, whose manifests are beside or above them.
_TOOLS = frozenset(
    {
        "bin", "bootstrap", "cluster", "environments", "hack", "iac", "infra", "infrastructure",
        "modules", "provision", "script", "scripts", "setup", "terraform", "tf", "tools",
    }
)  # fmt: skip


@record
class Pool:
    """One node pool.

    machine: its row when it carries TPUs. generation: of those. topology: of its slices, as
    written or that of a single host. shape: None when machine and topology do not go together.
    gpu_label: the node label of its GPUs; "none" without GPUs, empty when that is not known.
    gpus: of a node, 0 when there are none or their number is not known. gpu_machine: the row of
    the machine with them, when the catalog has it. resized: a command changes its nodes later.
    """

    resource: Resource
    machine: Row | None
    generation: Row | None
    topology: str
    shape: Shape | None
    gpu_label: str
    gpus: int = 0
    gpu_machine: Row | None = None
    resized: bool = False

    @cached_property
    def requestable_gpus(self) -> int:
        """The GPUs of a node that Pods can request, where clients share each, or it has slices.

        0 if that is not known.
        """
        first = as_dict(next(iter(as_list(self.get("nodeConfig", "guestAccelerator"))), None))
        if first.get("gpuPartitionSize"):
            return 0
        sharing = as_dict(first.get("gpuSharingConfig"))
        clients = whole(sharing.get("maxSharedClientsPerGpu")) if sharing else 1
        return self.gpus * (clients or 0)

    def place(self, *path: str | int, key: bool = False, note: str = "") -> Place:
        """A place below `spec`."""
        return Place(self.resource, ("spec", *path), key=key, note=note)

    def get(self, *path: str | int) -> Any:
        """The value at a path below `spec`."""
        return self.resource.get("spec", *path)

    @cached_property
    def name(self) -> str:
        """What GKE calls it."""
        given = self.get("resourceID")
        return given if isinstance(given, str) else self.resource.name

    @cached_property
    def is_one(self) -> bool:
        """Its name is known. What makes pools of other names may make several."""
        return _NAME.fullmatch(self.name) is not None

    @cached_property
    def machine_type(self) -> str:
        value = self.get("nodeConfig", "machineType")
        return value if isinstance(value, str) and plain(value) else ""

    @cached_property
    def zones(self) -> tuple[str, ...] | None:
        """The zones of its nodes; None when they are not known."""
        locations = self.get("nodeLocations")
        if isinstance(locations, list) and locations:
            return tuple(z for z in locations if isinstance(z, str) and plain(z))
        location = self.get("location")
        if isinstance(location, str) and is_zone(location) and plain(location):
            return (location,)
        return None

    def limit(self, which: str) -> tuple[int, Path] | None:
        """`min` or `max` nodes over all zones, and where it is said; None when not known."""
        if self.resized:
            return None
        word = "MinNodeCount" if which == "min" else "MaxNodeCount"
        path: Path = ("autoscaling", f"total{word}")
        total = whole(self.get(*path))
        if total is not None and self.get(*path) is not None:
            return total, path
        path = ("autoscaling", word[0].lower() + word[1:])
        fixed: tuple[Path, ...] = (("nodeCount",), ("initialNodeCount",))
        for where in (path,) if self.get("autoscaling") is not None else fixed:
            per_zone = whole(self.get(*where))
            if per_zone is not None and self.get(*where) is not None:
                return (per_zone * self._zone_count, where) if self._zone_count else None
        return None

    @property
    def _zone_count(self) -> int:
        """The number of zones; 0 if not known. The hosts of a slice are in one."""
        if self.zones:
            return len(self.zones)
        return int(self.get("placementPolicy", "tpuTopology") is not None)

    @cached_property
    def spot(self) -> bool:
        config = self.get("nodeConfig")
        given = config if isinstance(config, dict) else {}
        return given.get("spot") is True or given.get("preemptible") is True

    @property
    def queued(self) -> bool:
        """Nodes come by flex-start: queued, and for seven days at most."""
        return self.get(*self.queued_by) is True

    @property
    def queued_by(self) -> Path:
        """The field that says so."""
        flex: Path = ("nodeConfig", "flexStart")
        return flex if self.get(*flex) is True else ("queuedProvisioning", "enabled")

    @cached_property
    def of_set(self) -> str:
        """The folder of the set whose script makes the pool, and which has it alone.

        Empty for a pool of a manifest, and for a script that is for every set.
        """
        if self.resource.document is None or self.resource.document.given is None:
            return ""
        parts = os.path.dirname(self.resource.file).split(os.sep)
        here = next((i for i in range(len(parts), 0, -1) if parts[i - 1] in _TOOLS), None)
        while here and parts[here - 1] in _TOOLS:
            here -= 1
        return os.sep.join(parts if here is None else parts[:here])

    def takes(self, labels: Mapping[str, Label]) -> bool:
        """Its nodes have the labels, as far as they are known; others are taken to be there."""
        own = self.labels
        return all(
            not label.values or own[key] in label.values
            for key, label in labels.items()
            if own.get(key)
        )

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The labels of its nodes that are known."""
        name = self.name if self.is_one else ""
        own: dict[str, str] = {NODE_POOL: name, INSTANCE_TYPE: self.machine_type}
        if self.machine is not None and self.generation is not None:
            own[ACCELERATOR] = self.generation.data["label"]
            own[TOPOLOGY] = self.topology
            own[COUNT] = str(self.machine.data["chips"])
            own[GPU_ACCELERATOR] = "none"
        elif self.machine_type and not hardware.looks_like_tpu(self.machine_type):
            own[ACCELERATOR] = own[TOPOLOGY] = "none"
            own[GPU_ACCELERATOR] = self.gpu_label
        said = self.get("nodeConfig", "spot")
        own[SPOT] = "true" if self.spot else "" if isinstance(said, str) else "none"
        if self.gpus:
            own |= self._sharing
        given = self.get("nodeConfig", "labels")
        for key, value in given.items() if isinstance(given, dict) else ():
            if isinstance(value, str) and plain(value):
                own.setdefault(key, value)
        return own

    @cached_property
    def _sharing(self) -> Mapping[str, str]:
        """The labels that say how Pods share a GPU."""
        first = as_dict(next(iter(as_list(self.get("nodeConfig", "guestAccelerator"))), None))
        sharing = as_dict(first.get("gpuSharingConfig"))
        how, clients = (
            sharing.get("gpuSharingStrategy"),
            whole(sharing.get("maxSharedClientsPerGpu")),
        )
        if not sharing:
            return dict.fromkeys((SHARING, CLIENTS), "none")
        found = {SHARING: str(how).lower().replace("_", "-") if how else ""}
        return {**found, CLIENTS: str(clients) if clients else ""}


class Pools(tuple[Pool, ...]):
    """Node pools that the same Pods may use, and what is worked out of all of them once."""

    @cached_property
    def gpu_labels(self) -> frozenset[str]:
        """The types of GPU."""
        return frozenset(pool.gpu_label for pool in self)

    @cached_property
    def most(self) -> tuple[tuple[int, Path] | None, ...]:
        """The most nodes of each, as `Pool.limit` says it."""
        return tuple(pool.limit("max") if pool.is_one else None for pool in self)

    @cached_property
    def number(self) -> int | None:
        """How many there are; None if that is not known."""
        return len(self) if all(pool.is_one for pool in self) else None

    @cached_property
    def nodes_by_gpus(self) -> Mapping[int, int]:
        """The most nodes that are known, by the number of GPUs of a node."""
        found: dict[int, int] = {}
        for pool, most in zip(self, self.most, strict=True):
            count = pool.requestable_gpus
            found[count] = found.get(count, 0) + (most[0] if most is not None else 0)
        return found

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where the most nodes are said."""
        return tuple(
            pool.place(*most[1], note=f"at most {most[0]}")
            for pool, most in zip(self, self.most, strict=True)
            if most is not None
        )

    @cached_property
    def single_hosts(self) -> Pools | None:
        """Those whose nodes are slices of one host; None when a shape or a limit is not known."""
        if None in self.most or any(pool.shape is None for pool in self):
            return None
        return Pools(pool for pool in self if pool.shape is not None and pool.shape.hosts == 1)

    @cached_property
    def several_hosts(self) -> Pools:
        """Those that are slices of several hosts."""
        return Pools(pool for pool in self if pool.shape and pool.shape.hosts > 1)

    def those(self, holds: Callable[[Pool], object]) -> Pools:
        """Those for which a function of a module holds, worked out once for each function."""
        if holds not in self._told:
            self._told[holds] = Pools(pool for pool in self if holds(pool))
        return self._told[holds]

    def all_are(self, holds: Callable[[Pool], object]) -> bool:
        """There are some, and it holds for all."""
        return bool(self) and len(self.those(holds)) == len(self)

    @cached_property
    def _told(self) -> dict[Callable[[Pool], object], Pools]:
        return {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(pool.name for pool in self)


class PoolIndex:
    """Pools by the labels of their nodes, and by the folder that they are for."""

    def __init__(self, pools: Iterable[Pool]) -> None:
        self.pools = tuple(pools)
        self._sets = frozenset(pool.of_set for pool in self.pools if pool.of_set)
        self._near: dict[frozenset[str], tuple[Pool, ...]] = {}
        self._found: dict[tuple[object, ...], Pools] = {}

    def near(self, resource: Resource, labels: Mapping[str, Label]) -> Pools:
        """The pools of what may be the cluster of the object, whose nodes have the labels."""
        here = frozenset(x for x in self._sets if _is_below(resource, x))
        asked = frozenset((key, label.values) for key, label in labels.items() if label.values)
        found = self._found.get((here, asked))
        if found is None:
            found = Pools(p for p in self._candidates(here, asked) if p.takes(labels))
            self._found[here, asked] = found
        return found

    def _candidates(
        self, here: frozenset[str], asked: Iterable[tuple[str, tuple[str, ...]]]
    ) -> tuple[Pool, ...]:
        """All that may have the labels: those that have the rarest, or do not say that label."""
        if here not in self._near:
            self._near[here] = tuple(p for p in self.pools if not p.of_set or p.of_set in here)
        best = self._near[here]
        for key, values in asked:
            by_value = self._by_label(here, key)
            numbers = {n for value in ("", *values) for n in by_value.get(value, ())}
            if len(numbers) < len(best):
                best = tuple(self._near[here][n] for n in sorted(numbers))
        return best

    @cached_property
    def _labels(self) -> dict[tuple[frozenset[str], str], dict[str, list[int]]]:
        return {}

    def _by_label(self, here: frozenset[str], key: str) -> dict[str, list[int]]:
        """The numbers of the pools by the value of a label; "" for those that do not say it."""
        known = self._labels.get((here, key))
        if known is None:
            known = self._labels[here, key] = {}
            for number, pool in enumerate(self._near[here]):
                known.setdefault(pool.labels.get(key, ""), []).append(number)
        return known


def _is_below(resource: Resource, folder: str) -> bool:
    file = resource.written.file if resource.written and resource.is_rendered else resource.file
    return file.startswith(folder + os.sep)


def pools(bundle: Bundle, catalog: Catalog) -> Iterator[Pool]:
    """Every ContainerNodePool, and what the stack knows of pools that others make."""
    outside = [r for r in bundle.outside if r.kind == "ContainerNodePool"]
    resized = {r.name for r in bundle.outside if r.kind == "PoolResize"}
    any_is = not all(map(plain, resized))
    for resource in (*bundle.of_kind("ContainerNodePool", GROUP), *outside):
        name = resource.get("spec", "nodeConfig", "machineType")
        machine = hardware.tpu_machine(catalog, name) if isinstance(name, str) else None
        generation = catalog.accelerator(machine.data["accelerator"]) if machine else None
        topology, shape = "", None
        if machine is not None and generation is not None:
            topology, shape = _slice(resource, machine, generation, catalog)
        changes = any_is or resource.name in resized
        own = (machine, generation, topology, shape, *_gpu(resource, catalog))
        yield Pool(resource, *own, resized=changes)


def _slice(
    resource: Resource, machine: Row, generation: Row, catalog: Catalog
) -> tuple[str, Shape | None]:
    written = resource.get("spec", "placementPolicy", "tpuTopology")
    if written is None:
        rows = catalog.topologies(generation.key)
        row = next((r for r in rows if r.data["machine"] == machine.key), None)
        single = row.data["topology"] if row is not None and row.data["hosts"] == 1 else ""
        return single, Shape(machine.key, machine.data["chips"], 1)
    if not isinstance(written, str) or not plain(written):
        return "", None
    found = hardware.shapes(catalog, generation, written)
    return written, next((s for s in found if s.machine == machine.key), None)


def _gpu(resource: Resource, catalog: Catalog) -> tuple[str, int, Row | None]:
    """Label and number of a node's GPUs, and the row of the machine with them."""
    name = resource.get("spec", "nodeConfig", "machineType")
    given = resource.get("spec", "nodeConfig", "guestAccelerator")
    first = given[0] if isinstance(given, list) and given else None
    if isinstance(first, dict):
        label, count = first.get("type"), whole(first.get("count"))
        kind = catalog.accelerator_of_label(label) if isinstance(label, str) else None
        rows = gpu_machines(kind.key, count, name, catalog) if kind and count else []
        said = label if isinstance(label, str) and plain(label) else ""
        return said, count or 0, rows[0] if rows else None
    row = catalog.machine(name) if isinstance(name, str) else None
    accelerator = row.data.get("accelerator") if row is not None else None
    if row is None or accelerator is None:
        bare = isinstance(name, str) and _WITHOUT_GPUS.match(name) is not None
        return ("none" if row is not None or bare else ""), 0, None
    known_as = catalog.accelerator(accelerator)
    if known_as is None or known_as.data["kind"] != "gpu":
        return (str(known_as.data["label"]) if known_as is not None else ""), 0, None
    return str(known_as.data["label"]), int(row.data["gpus"]), row


def compute_classes(bundle: Bundle) -> Iterator[Resource]:
    """Every GKE ComputeClass."""
    yield from bundle.of_kind("ComputeClass", "cloud.google.com")


def priorities(resource: Resource) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The priorities of a ComputeClass, each with its path."""
    items = resource.get("spec", "priorities")
    for i, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield ("spec", "priorities", i), item
