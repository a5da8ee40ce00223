"""What the rules of this family look at: made once for each run, and shared by all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import Devices, devices_of, gpus
from stackgen.checks.tpu.models.served_model import ModelOf, model_of
from stackgen.checks.tpu.planned import described
from stackgen.digits import to_int
from stackgen.facts import hardware
from stackgen.facts.hardware import Shape
from stackgen.facts.pools import GROUP, Pool, PoolIndex, Pools, compute_classes, pools
from stackgen.facts.templates import of_values, workloads
from stackgen.facts.workloads import (
    ACCELERATOR,
    COMPUTE_CLASS,
    COUNT,
    INSTANCE_TYPE,
    NODE_POOL,
    TOPOLOGY,
    Label,
    Workload,
)
from stackgen.manifest.resource import Resource
from stackgen.platforms.registry import service_workloads
from stackgen.record import record


@record
class Target:
    """The TPU slice that the Pods of a workload are for, as far as it is known.

    shapes: the ways to build it that are left when selectors and pools are taken into account.
    shape: the only one, or the one whose hosts have as many chips as a Pod asks for.
    """

    generation: Row | None
    topology: str
    shapes: tuple[Shape, ...]
    shape: Shape | None

    @property
    def hosts(self) -> int | None:
        return self.shape.hosts if self.shape else None


class View:
    """Workloads and pools of one bundle, with the catalog."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.catalog = context.catalog.copy()
        self._targets: dict[int, Target] = {}
        self._devices: dict[int, Devices | None] = {}
        self._models: dict[int, ModelOf | None] = {}

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Every Pod template that has to do with accelerators."""
        bundle = self.context.bundle
        services = service_workloads(self.catalog, self.context.release, bundle)
        return (*workloads(bundle, services), *of_values(bundle))

    @cached_property
    def tpu(self) -> tuple[Workload, ...]:
        """Those that ask for TPU chips."""
        return tuple(w for w in self.workloads if w.tpu_containers)

    @cached_property
    def tpu_servers(self) -> tuple[Workload, ...]:
        """Those of them that run vLLM."""
        return tuple(w for w in self.tpu if w.server is not None)

    @cached_property
    def gpu_servers(self) -> tuple[Workload, ...]:
        """Pods that run vLLM and ask for GPUs, and for no TPU chips."""
        return tuple(w for w in self.workloads if not w.tpu_containers and gpus(w))

    @cached_property
    def servers(self) -> tuple[Workload, ...]:
        """All that run vLLM on an accelerator."""
        return self.tpu_servers + self.gpu_servers

    @cached_property
    def in_others(self) -> tuple[Workload, ...]:
        """Those in which the server of a platform most likely runs vLLM, as servers of vLLM.

        It has flags of its own, and a runtime of the cluster may add some.
        """
        return tuple(
            replace(w, whole=True, containers=(replace(w.containers[0], engine=True),))
            for w in self.workloads
            if w.service is not None and w.service.inside and not w.grouped and w.server is None
        )

    @cached_property
    def pools(self) -> tuple[Pool, ...]:
        """Every node pool."""
        return tuple(pools(self.context.bundle, self.catalog))

    @cached_property
    def tpu_pools(self) -> tuple[Pool, ...]:
        """The node pools with TPUs."""
        return tuple(p for p in self.pools if p.generation is not None)

    @cached_property
    def indexes(self) -> Mapping[str, PoolIndex]:
        """All pools, those with TPUs and those with GPUs, to look up by labels."""
        several = {"all": self.pools, "tpu": self.tpu_pools, "gpu": self.gpu_pools}
        return {name: PoolIndex(some) for name, some in several.items()}

    @cached_property
    def gpu_pools(self) -> tuple[Pool, ...]:
        """The node pools with GPUs."""
        return tuple(p for p in self.pools if p.gpus)

    @cached_property
    def clusters(self) -> tuple[Resource, ...]:
        """Every ContainerCluster."""
        outside = (r for r in self.context.bundle.outside if r.kind == "ContainerCluster")
        return (*self.context.bundle.of_kind("ContainerCluster", GROUP), *outside)

    @cached_property
    def classes(self) -> Mapping[str, Resource]:
        """The ComputeClasses by name."""
        return {resource.name: resource for resource in compute_classes(self.context.bundle)}

    @cached_property
    def makes_pools(self) -> bool:
        """GKE may add node pools of its own accord, so that those of the bundle are not all."""
        return bool(self.classes) or any(
            cluster.get("spec", "clusterAutoscaling", "enabled") is True
            or cluster.get("spec", "enableAutopilot") is True
            for cluster in self.clusters
        )

    def may_add_pools(self, workload: Workload) -> bool:
        """GKE may add node pools for this workload; for one that names its node pool it cannot."""
        return self.makes_pools and NODE_POOL not in workload.labels

    def pools_for(self, workload: Workload) -> Pools:
        """The TPU pools whose nodes the workload's selectors allow."""
        labels = workload.labels
        if workload.dynamic_slice:
            labels = {key: label for key, label in labels.items() if key != TOPOLOGY}
        return self.pools_near(workload, "tpu", labels)

    def pools_near(
        self, workload: Workload, which: str, labels: Mapping[str, Label] | None = None
    ) -> Pools:
        """The pools of what may be the cluster of a workload, whose nodes have the labels.

        which: a key of `indexes`.
        """
        return self.indexes[which].near(workload.resource, labels or {})

    def target(self, workload: Workload) -> Target:
        """The slice that a workload is for."""
        found = self._targets.get(id(workload))
        if found is None:
            found = self._targets[id(workload)] = self._target(workload)
        return found

    def _target(self, workload: Workload) -> Target:
        label = workload.label(ACCELERATOR)
        generation = self.catalog.accelerator_of_label(label) if label else None
        topology = workload.label(TOPOLOGY) or ""
        if generation is None or generation.data["kind"] != "tpu":
            return Target(None, topology, (), None)
        candidates = hardware.shapes(self.catalog, generation, topology) if topology else ()
        candidates = self._narrowed(workload, candidates)
        asked = workload.chips
        matching = [s for s in candidates if s.per_host == asked]
        shape = None
        if len(candidates) == 1:
            shape = candidates[0]
        elif len(matching) == 1:
            shape = matching[0]
        return Target(generation, topology, candidates, shape)

    def _narrowed(self, workload: Workload, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        machine = workload.label(INSTANCE_TYPE)
        if machine is None and NODE_POOL in workload.labels:
            found = {p.machine_type for p in self.pools_for(workload)}
            machine = next(iter(found)) if len(found) == 1 else None
        if machine is not None:
            shapes = tuple(s for s in shapes if s.machine == machine) or shapes
        count = workload.label(COUNT)
        if count is not None and count.isdecimal():
            shapes = tuple(s for s in shapes if s.per_host == to_int(count)) or shapes
        return shapes

    def devices(self, workload: Workload) -> Devices | None:
        """What the server of a workload computes on."""
        key = id(workload)
        if key not in self._devices:
            self._devices[key] = devices_of(self, workload)
        return self._devices[key]

    def model(self, workload: Workload) -> ModelOf | None:
        """The model that a workload serves; None when it is not known."""
        key = id(workload)
        if key not in self._models:
            found = described(self.context, workload)
            self._models[key] = found or model_of(workload, self.catalog)
        return self._models[key]

    def compute_class(self, workload: Workload) -> Resource | None:
        """The ComputeClass a workload asks for, when the bundle has it."""
        name = workload.label(COMPUTE_CLASS)
        return self.classes.get(name) if name else None


def view(context: Context) -> View:
    """The view of a context, shared by all rules of the family."""
    return context.once(View)
