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


@record
class Parallelism:
    """devices: what the engine sees. tensor: shares of the model. chips: those that hold one.

    typed: whether `tensor` is the user's own flag.
    """

    devices: Traced[int]
    tensor: Traced[int]
    chips: Traced[int]
    typed: bool = False


def parallelism(model: Model, given: Devices, size: Dimensions) -> Parallelism:
    """All devices of the server where the heads can be split so; else as many as they can."""
    unit, count, each = given.unit, given.count, given.each
    devices = computed(
        f"{unit}s per host x devices per {unit}", "what the engine sees",
        count.value * each.value, count, each,
    )  # fmt: skip
    typed = number(model.args, FLAG)
    tensor = typed if typed is not None else _derived(devices, size, unit)
    chips = computed(
        f"tensor / devices per {unit}", f"the {unit}s that hold a share",
        -(-tensor.value // each.value), tensor, each,
    )  # fmt: skip
    return Parallelism(devices, tensor, chips, typed is not None)


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
