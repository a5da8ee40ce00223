"""What a Pod says of its accelerator: here the layers tell TPUs and GPUs apart."""

from __future__ import annotations

from typing import Any

from stackgen.origin import Traced, When, all_of, computed, is_set, is_value
from stackgen.plan.engine_memory import read_by
from stackgen.plan.gpus import Gpus
from stackgen.plan.model import ModelPlan, Plan, PoolPlan
from stackgen.plan.pod_template import replaces, usual
from stackgen.plan.slices import ALONE, Slice, is_dynamic
from stackgen.record import record
from stackgen.render.dynamic_slices import state_label
from stackgen.render.groups import NODE_POOL, environment, several
from stackgen.render.objects import COMPUTE_CLASS, POOL_LABEL


@record
class PodDevices:
    """Of one model server: the resource it asks for and how many, node labels, taint, variables.

    labels: those its nodes must have. tolerated: taints besides that of the accelerator. env: None
    for no variables at all. placement, sharing, access: why the labels, the number, and no
    privileges.
    """

    resource: str
    count: Traced[str]
    labels: dict[Any, Any]
    tolerated: list[Any]
    env: When | list[Any] | None
    placement: str
    taint: str
    access: str


def pod_devices(plan: Plan, model: ModelPlan) -> PodDevices:
    """The devices of the Pods of `model`."""
    shape, count = model.pool.shape, model.server.devices.count
    if isinstance(shape, Slice):
        return _tpu(plan, model, shape, count)
    assert isinstance(shape, Gpus)
    return _gpu(model, shape, count)


def _tpu(plan: Plan, model: ModelPlan, shape: Slice, count: Traced[int]) -> PodDevices:
    dynamic = is_dynamic(model.pool.spec)
    by = computed(
        "label of the nodes", "each slice is a node pool of GKE, all with one label",
        lambda several, dynamic: POOL_LABEL if several or dynamic else NODE_POOL,
        several(model), dynamic,
    )  # fmt: skip
    static = dynamic.map(
        "static", "no node has the topology of a dynamic slice", lambda yes: not yes
    )
    return PodDevices(
        resource="google.com/tpu",
        count=count.map("whole host", "TPU Pods take all chips of their host", str),
        labels=_labels(model, by, {
            "cloud.google.com/gke-tpu-accelerator": shape.accelerator_label,
            "cloud.google.com/gke-tpu-topology": When(static, shape.topology),
            state_label(plan, shape): When(dynamic, "HEALTHY"),
        }),
        tolerated=_tolerated(model),
        env=_variables(plan, model, shape),
        placement="GKE refuses TPU Pods that do not name generation and topology",
        taint="GKE taints TPU nodes",
        access="TPU devices need neither privileges nor host mounts on GKE",
    )  # fmt: skip


def _labels(model: ModelPlan, by: Any, kinds: dict[Any, Any]) -> dict[Any, Any]:
    """Labels of the nodes. kinds: of the accelerator, left out where a fallback has others.

    Of a pool with `fallback` the ComputeClass decides, which has nodes of other node pools, too.
    """
    pool = model.pool
    if not pool.fallback:
        return {**kinds, by: pool.spec.name}
    same = computed(
        "entries agree", "nodes of another generation or topology would lack the label", _agree,
        pool.spec.accelerator, _topology(pool),
        [(one.given.accelerator, _topology(one.pool)) for one in pool.fallback],
    )  # fmt: skip
    agreed = {label: When(same, value) for label, value in kinds.items()}
    return {**agreed, COMPUTE_CLASS: pool.spec.name}


def _topology(pool: PoolPlan) -> list[Traced[str]]:
    return [] if pool.slice is None else [pool.slice.topology]


def _agree(
    accelerator: str, topology: list[str], entries: list[tuple[str | None, list[str]]]
) -> bool:
    return all(
        kind in (None, accelerator) and (not topology or not other or other == topology)
        for kind, other in entries
    )


def _tolerated(model: ModelPlan) -> list[Any]:
    if not model.pool.fallback:
        return []
    return [{
        "key": COMPUTE_CLASS, "operator": "Equal", "value": model.pool.spec.name,
        "effect": "NoSchedule",
    }]  # fmt: skip


def _variables(plan: Plan, model: ModelPlan, shape: Slice) -> When | list[Any]:
    explicit = is_value(plan.stack.spec.tpu.env, "explicit")
    alone = several(model).map("one host", "follows from the topology", lambda yes: not yes)
    of_shape = []
    for name, value in shape.env.items():
        variable: dict[str, Any] | When = {"name": name, "value": value}
        read = read_by(model.server.image, name, plan.catalog)
        variable = When(read, variable) if read is not None else variable
        of_shape.append(When(alone, variable) if name in ALONE else variable)
    if model.group is None:
        return When(explicit, of_shape)
    return [*(When(explicit, variable) for variable in of_shape), *environment(model)]


def _gpu(model: ModelPlan, shape: Gpus, count: Traced[int]) -> PodDevices:
    return PodDevices(
        resource="nvidia.com/gpu",
        count=count.map("GPUs", "of the node's GPUs those of one server", str),
        labels=_labels(model, NODE_POOL, {"cloud.google.com/gke-accelerator": shape.label}),
        tolerated=_tolerated(model),
        env=None,
        placement="a GPU of another type may hold less, or cost many times as much",
        taint="GKE taints GPU nodes",
        access="the device plug-in hands GPUs to containers without privileges",
    )


def shared_memory(plan: Plan, model: ModelPlan) -> tuple[list[Any], list[Any], Traced[bool]] | None:
    """A volume, its mount, and whether they are there; None for none. KServe's own is smaller."""
    taken = replaces(model.spec, plan.release, "/dev/shm", "dshm")
    if model.shared_memory is None or taken:
        return None
    volume = {"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": model.shared_memory}}
    mount = {"name": "dshm", "mountPath": "/dev/shm"}
    wanted = all_of(is_set(model.shared_memory), usual(model.spec))
    return [volume], [mount], wanted
