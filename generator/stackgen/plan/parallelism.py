"""How a model is spread over the devices of one server."""

from __future__ import annotations

from stackgen.origin import Traced, computed, literal
from stackgen.plan.devices import Devices
from stackgen.plan.dimensions import Dimensions
from stackgen.plan.fit import largest_tensor_parallel
from stackgen.plan.flags import number
from stackgen.record import record
from stackgen.spec.serving import Model

FLAG = "--tensor-parallel-size"
STAGES = "--pipeline-parallel-size"


@record
class Parallelism:
    """devices: what the engine sees on a host. tensor: shares of a layer. pipeline: stages.

    chips: those that hold a part of the model. typed, stages_typed: whether `tensor` and
    `pipeline` are the user's own flags.
    """

    devices: Traced[int]
    tensor: Traced[int]
    pipeline: Traced[int]
    chips: Traced[int]
    typed: bool = False
    stages_typed: bool = False


def parallelism(model: Model, given: Devices, size: Dimensions) -> Parallelism:
    """All devices of a host where the heads can be split so; else as many as they can.

    Of several hosts each is a stage of the pipeline: heads need not divide by all devices, KV
    heads are copied less often, and the backend's release matrix has tried no other way on v6e.
    """
    unit, count, each = given.unit, given.count, given.each
    devices = computed(
        f"{unit}s per host x devices per {unit}", "what the engine sees",
        count.value * each.value, count, each,
    )  # fmt: skip
    typed = number(model.args, FLAG)
    tensor = typed if typed is not None else _derived(devices, size, unit)
    stages = number(model.args, STAGES)
    pipeline = stages if stages is not None else _stages(given.hosts, devices, tensor)
    chips = computed(
        f"tensor x pipeline / devices per {unit}", f"the {unit}s that hold a share",
        -(-tensor.value * pipeline.value // each.value), tensor, pipeline, each,
    )  # fmt: skip
    return Parallelism(devices, tensor, pipeline, chips, typed is not None, stages is not None)


def _stages(hosts: Traced[int], devices: Traced[int], tensor: Traced[int]) -> Traced[int]:
    """A stage for each host, unless the layers are already split over several."""
    if tensor.value > devices.value:
        why = "the layers are split over several hosts already"
        return computed("1", why, 1, hosts, devices, tensor)
    why = "each host is a stage of the pipeline" if hosts.value > 1 else "one host"
    return computed("hosts", why, hosts.value, hosts)


def _derived(devices: Traced[int], size: Dimensions, unit: str) -> Traced[int]:
    everything = f"the model is spread over all {unit}s of its server"
    heads, kv_heads = size.attention_heads, size.kv_heads
    if heads is None or kv_heads is None:
        unknown = literal("", "plan/parallelism", "the model's heads are not known")
        why = f"{everything}; its heads are not known"
        return computed("devices", why, devices.value, devices, unknown)
    best = largest_tensor_parallel(heads.value, kv_heads.value, devices.value)
    name, why = "devices", everything
    if best < devices.value:
        name = "largest size that divides the heads"
        why = (
            f"{heads.value} heads and {kv_heads.value} KV heads cannot be split "
            f"{devices.value} ways; {best} is the most"
        )
    return computed(name, why, best, devices, heads, kv_heads)
