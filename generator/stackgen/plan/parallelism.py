"""How a model is spread over the devices of one server."""

from __future__ import annotations

from operator import mul

from stackgen.origin import Traced, computed, literal, picked, reasoned
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
        f"{unit}s per host x devices per {unit}", "what the engine sees", mul, count, each
    )
    typed = number(model.args, FLAG)
    tensor = typed if typed is not None else _derived(devices, size, unit)
    stages = number(model.args, STAGES)
    pipeline = stages if stages is not None else _stages(given.hosts, devices, tensor)
    chips = computed(
        f"tensor x pipeline / devices per {unit}", f"the {unit}s that hold a share",
        lambda tensor, pipeline, each: -(-tensor * pipeline // each), tensor, pipeline, each,
    )  # fmt: skip
    return Parallelism(devices, tensor, pipeline, chips, typed is not None, stages is not None)


def _stages(hosts: Traced[int], devices: Traced[int], tensor: Traced[int]) -> Traced[int]:
    """A stage for each host, unless the layers are already split over several."""

    def stages(hosts: int, devices: int, tensor: int) -> tuple[int, str, str]:
        if tensor > devices:
            return 1, "1", "the layers are split over several hosts already"
        return hosts, "hosts", "each host is a stage of the pipeline" if hosts > 1 else "one host"

    return reasoned(stages, hosts, devices, tensor)


def _derived(devices: Traced[int], size: Dimensions, unit: str) -> Traced[int]:
    everything = f"the model uses all {unit}s of its server"
    heads, kv_heads = size.attention_heads, size.kv_heads
    if heads is None or kv_heads is None:
        unknown = literal("", "plan/parallelism", "the model's heads are not known")
        return picked("devices", f"{everything}; its heads are not known", devices, unknown)

    def largest(devices: int, heads: int, kv_heads: int) -> tuple[int, str, str]:
        best = largest_tensor_parallel(heads, kv_heads, devices)
        if best == devices:
            return best, "devices", everything
        split = f"{heads} heads and {kv_heads} KV heads cannot be split {devices} ways"
        return best, "largest size that divides the heads", f"{split}; {best} is the most"

    return reasoned(largest, devices, heads, kv_heads)
