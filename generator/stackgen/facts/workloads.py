"""Every accelerator workload of a bundle: where its Pods are described, and what they ask for.

One `Workload` is one Pod template. Values that cannot be known (a Helm placeholder, what a
referenced config brings in) are None, and a workload that inherits is not `whole`: rules say
nothing about what such a workload seems to lack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any

from stackgen.facts import command_line
from stackgen.facts.command_line import CommandLine, Flag
from stackgen.facts.quantity import number, whole
from stackgen.facts.shape import as_list, plain
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record

TPU = "google.com/tpu"
GPU = "nvidia.com/gpu"
ACCELERATOR = "cloud.google.com/gke-tpu-accelerator"
TOPOLOGY = "cloud.google.com/gke-tpu-topology"
# An annotation of Pods: GKE forms this slice for them, of several node pools or of a part of one.
SLICE_TOPOLOGY = "cloud.google.com/gke-tpu-slice-topology"
GPU_ACCELERATOR = "cloud.google.com/gke-accelerator"
COUNT = "cloud.google.com/gke-accelerator-count"
NODE_POOL = "cloud.google.com/gke-nodepool"
COMPUTE_CLASS = "cloud.google.com/compute-class"
SPOT = "cloud.google.com/gke-spot"
FLEX_START = "cloud.google.com/gke-flex-start"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
LWS_EXCLUSIVE = "leaderworkerset.sigs.k8s.io/exclusive-topology"
JOBSET_EXCLUSIVE = "alpha.jobset.sigs.k8s.io/exclusive-topology"


@record
class Label:
    """A node label that Pods demand: the values that are allowed, and where that is said."""

    values: tuple[str, ...]
    path: Path


@record
class Count:
    """A number of Pods or groups; None when it is not known. path: of the field, set or not."""

    value: int | None
    path: Path


@record
class Preset:
    """What the controller of a serving platform puts under a container of a service.

    probes: by name. more_flags: the variable whose words it appends to the command line.
    """

    platform: str
    probes: Mapping[str, Mapping[str, Any]]
    more_flags: str


@record
class Service:
    """What a serving platform does with an object that describes model servers.

    platform: its name, for messages. model: the field with the URI of the model. most: the field
    with the largest number of replicas that it scales to; empty without one. splits: it may make
    flags of other fields, so that a flag for parallelism may be there without being seen.
    downloads: it downloads the model with the Secrets of the Pod's ServiceAccount.
    adapters: how many LoRA adapters are in memory, and of which rank; empty without any.
    tensor: the field of the devices over which each of its Pods splits a layer; empty without one.
    inside: its own server runs vLLM in itself, for models that vLLM supports.
    """

    platform: str
    model: Path
    most: Path
    splits: bool
    downloads: bool
    tensor: Path = ()
    adapters: tuple[int, int] | tuple[()] = ()
    inside: bool = False


@record
class Container:
    """One container of a Pod template.

    preset: what a serving platform puts under it. engine: the platform starts vLLM in it.
    configured: variables that ConfigMaps give it.
    """

    resource: Resource
    path: Path
    data: Mapping[str, Any]
    init: bool = False
    preset: Preset | None = None
    engine: bool = False
    configured: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        value = self.data.get("name")
        return value if isinstance(value, str) else ""

    @property
    def image(self) -> str:
        value = self.data.get("image")
        return value if isinstance(value, str) else ""

    def place(self, *path: str | int, key: bool = False, note: str = "") -> Place:
        """A place inside the container."""
        return Place(self.resource, (*self.path, *path), key=key, note=note)

    def amount(self, name: str) -> int | None:
        """How many of an extended resource it asks for; None for none, or an unknown number."""
        found = self.amount_path(name)
        return whole(self.resource.get(*found)) if found else None

    def amount_path(self, name: str) -> Path | None:
        """Where it asks for a resource: its limit, else its request; None when it does not."""
        for section in ("limits", "requests"):
            path = (*self.path, "resources", section, name)
            if self.resource.get(*path) is not None and number(self.resource.get(*path)) != 0:
                return path
        return None

    @cached_property
    def env(self) -> Mapping[str, Path]:
        """The variables that are set, and where each stands."""
        entries = self.data.get("env")
        found = {}
        for i, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                found[entry["name"]] = (*self.path, "env", i)
        return found

    def variable(self, name: str) -> str | None:
        """The value of a variable; None when it is unset, or comes from a Secret or a field."""
        path = self.env.get(name)
        value = self.resource.get(*path, "value") if path else None
        if value is None:
            value = self.configured.get(name)
        return value if isinstance(value, str) and plain(value) else None

    @cached_property
    def line(self) -> CommandLine:
        """The command line, with what the platform's preset appends."""
        names = dict.fromkeys([*self.env, *self.configured])
        env = {name: v for name in names if (v := self.variable(name)) is not None}
        command = self.data.get("command")
        more: list[Flag] = []
        variable = self.preset.more_flags if self.preset is not None else ""
        if not command and variable in self.env:
            more.append(Flag(env.get(variable, "$?"), (*self.env[variable], "value")))
        line = command_line.read(command, self.data.get("args"), env, self.path, more)
        # Without a command the flags are those of what the image, or the platform, starts.
        started = self.engine or (self._vllm_image and "model" in line.flags)
        return line if command or not started else replace(line, engine="vllm")

    @property
    def vllm(self) -> bool:
        """It runs vLLM: by its command, its image, or because the platform starts it."""
        return not self.init and (self.engine or self.line.vllm or self._vllm_image)

    @property
    def _vllm_image(self) -> bool:
        return self.image.rpartition("/")[2].startswith("vllm")

    def probe(self, name: str) -> dict[str, Any] | None:
        """A probe as it is over the platform's preset; None without one."""
        below = self.preset.probes.get(name) if self.preset is not None else None
        return _over(self.data.get(name), below)


@record
class Workload:
    """Pods of one template.

    part: which template of the object: "" for the only one, leader, worker, or a job's name.
    replicas: Pods, or groups of pods. size: Pods in a group; 1 for single pods.
    grouped: the Pods of a group know each other (LeaderWorkerSet, JobSet, indexed Job).
    whole: nothing is inherited from elsewhere. serving: a server that is kept running.
    service: what a serving platform does with the object; None for other workloads.
    """

    resource: Resource
    path: Path
    spec: Mapping[str, Any]
    part: str
    containers: tuple[Container, ...]
    replicas: Count
    size: Count
    grouped: bool = False
    whole: bool = True
    serving: bool = True
    template_path: Path = ()
    service: Service | None = None

    def place(self, *path: str | int, key: bool = False, note: str = "") -> Place:
        """A place inside the Pod's spec."""
        return Place(self.resource, (*self.path, *path), key=key, note=note)

    @property
    def display_name(self) -> str:
        """What messages call it: `Deployment qwen`, `LeaderWorkerSet llama (worker)`."""
        part = f" ({self.part})" if self.part else ""
        return f"{self.resource.kind} {self.resource.name}{part}"

    @property
    def dynamic_slice(self) -> bool:
        """GKE forms the slice when the Pods come: no node has its topology as a label."""
        return isinstance(self._pod_annotations.get(SLICE_TOPOLOGY), str)

    @property
    def annotations_path(self) -> Path:
        """Where the annotations of the Pods are; of a serving platform beside the template."""
        if self.service is not None:
            return (*self.path[:-1], "annotations")
        return (*self.template_path, "metadata", "annotations")

    @property
    def _pod_annotations(self) -> Mapping[str, Any]:
        found = self.resource.get(*self.annotations_path)
        return found if isinstance(found, dict) else {}

    @cached_property
    def labels(self) -> Mapping[str, Label]:
        """What its nodes must be labelled, from nodeSelector and required nodeAffinity."""
        return _labels(self)

    def label(self, key: str) -> str | None:
        """The one value a node label must have; None when there is none, several or a template."""
        label = self.labels.get(key)
        return label.values[0] if label and len(label.values) == 1 else None

    @cached_property
    def tpu_containers(self) -> tuple[Container, ...]:
        """The containers that ask for TPU chips, init containers left out."""
        return tuple(c for c in self.containers if not c.init and c.amount_path(TPU))

    @cached_property
    def server(self) -> Container | None:
        """The container with the accelerator that runs vLLM."""
        for container in self.containers:
            asks = container.amount_path(TPU) or container.amount_path(GPU)
            if asks and container.vllm:
                return container
        return None

    @property
    def chips(self) -> int | None:
        """TPU chips of one Pod; None when a number is not known, or there are none."""
        amounts = [c.amount(TPU) for c in self.tpu_containers]
        found = [a for a in amounts if a is not None]
        return sum(found) if found and len(found) == len(amounts) else None

    @property
    def annotations(self) -> Mapping[str, Any]:
        """Annotations of the object and of its Pod template."""
        outer = self.resource.metadata.get("annotations")
        return {**(outer if isinstance(outer, dict) else {}), **self._pod_annotations}


def _over(own: Any, below: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A probe laid over the preset's; None when there is neither."""
    if not isinstance(own, dict):
        return dict(below) if below else None
    return {**below, **own} if below else own


def _labels(workload: Workload) -> dict[str, Label]:
    found: dict[str, Label] = {}
    affinity = (
        *workload.path, "affinity", "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms",
    )  # fmt: skip
    terms = workload.resource.get(*affinity)
    for i, term in enumerate(terms if isinstance(terms, list) else ()):
        expressions = term.get("matchExpressions") if isinstance(term, dict) else None
        for j, one in enumerate(expressions if isinstance(expressions, list) else ()):
            if not isinstance(one, dict) or one.get("operator") not in ("In", "Exists"):
                continue
            key, values = one.get("key"), one.get("values")
            path = (*affinity, i, "matchExpressions", j)
            texts = tuple(v for v in as_list(values) if isinstance(v, str) and plain(v))
            if isinstance(key, str):
                before = found[key].values if key in found else ()
                found[key] = Label(tuple(dict.fromkeys((*before, *texts))), path)
    if workload.dynamic_slice:
        where = (*workload.annotations_path, SLICE_TOPOLOGY)
        topology = workload.resource.get(*where)
        found[TOPOLOGY] = Label((topology,) if plain(topology) else (), where)
    selector = workload.spec.get("nodeSelector")
    for key, value in selector.items() if isinstance(selector, dict) else ():
        texts = (value,) if isinstance(value, str) and plain(value) else ()
        found[key] = Label(texts, (*workload.path, "nodeSelector", key))
    return found
