"""What one model server computes on: the chips of a TPU host, or GPUs of a node.

Here the planner tells TPUs and GPUs apart; everything after it counts devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, given_or, literal, picked, reasoned
from stackgen.plan.fit import GPU_LANES, TPU_LANES
from stackgen.plan.gpus import Gpus
from stackgen.plan.slices import Slice
from stackgen.record import record
from stackgen.spec.serving import Model

Shape = Slice | Gpus


@record
class Devices:
    """Devices of one server.

    kind: `tpu` or `gpu`, as the catalog has it. unit: what one is called. count: how many a Pod
    asks for. hosts: Pods of one server. each: devices that the engine sees in one. usable_gib:
    memory of one, None when it is not known. lanes: of the memory layout, see `plan.fit`. dtype:
    what they compute in. where: type and shape, for messages. sizing: rows of sizing.yaml by what
    they are for.
    """

    kind: str
    unit: str
    accelerator: Traced[str]
    count: Traced[int]
    hosts: Traced[int]
    each: Traced[int]
    usable_gib: Traced[float] | None
    lanes: int
    dtype: Traced[str]
    where: str
    sizing: Mapping[str, str]


# Rows of sizing.yaml by kind of accelerator and what they are for.
SIZING: Mapping[str, Mapping[str, str]] = {
    "tpu": {"server": "model-server", "startup": "startup-budget"},
    "gpu": {"server": "gpu-server", "startup": "gpu-startup-budget"},
}


def devices_of(model: Model, shape: Shape, catalog: Catalog) -> Devices:
    """The devices of a server of `model` on nodes of `shape`."""
    accelerator = shape.accelerator
    row = catalog.accelerator(accelerator.value)
    usable = row.get("hbm_usable_gib") if row is not None else None
    if isinstance(shape, Slice):
        return Devices(
            "tpu", "chip", accelerator, shape.chips_per_host, shape.hosts, shape.devices_per_chip,
            usable, TPU_LANES, _tpu_dtype(), f"{accelerator.value} {shape.topology.value}",
            SIZING["tpu"],
        )  # fmt: skip
    count = _gpus(model, shape)
    one = literal(1, "plan/devices", "a GPU is one device")
    host = literal(1, "plan/devices", "a server on GPUs has one host")
    where = f"{count.value} {accelerator.value}"
    return Devices(
        "gpu", "GPU", accelerator, count, host, one, usable, GPU_LANES, _gpu_dtype(shape), where,
        SIZING["gpu"],
    )  # fmt: skip


def _gpus(model: Model, shape: Gpus) -> Traced[int]:
    why = "a server has all GPUs of its node"
    return given_or(model.gpus, picked("GPUs of the node", why, shape.per_node))


def _tpu_dtype() -> Traced[str]:
    why = "TPUs compute in bfloat16; half is not supported there"
    return literal("bfloat16", "vllm/dtype", why)


def _gpu_dtype(shape: Gpus) -> Traced[str]:
    def best(bf16: bool) -> tuple[str, str, str]:
        if bf16:
            return "bfloat16", "--dtype", "these GPUs compute in bfloat16"
        return "half", "--dtype", "these GPUs have no bfloat16: vLLM stops when it is asked for"

    return reasoned(best, shape.bf16)


def along(shape: Shape, by: Traced[Any]) -> Shape:
    """The same shape; whatever comes of it also depends on `by`, which chose it."""
    from dataclasses import fields, replace

    def follow(value: Traced[Any]) -> Traced[Any]:
        return picked("of the node pool", "the model's node pool", value, by)

    changed: dict[str, Any] = {}
    for one in fields(shape):
        value = getattr(shape, one.name)
        if isinstance(value, Mapping):
            changed[one.name] = {name: follow(inner) for name, inner in value.items()}
        else:
            changed[one.name] = follow(value)
    return replace(shape, **changed)
