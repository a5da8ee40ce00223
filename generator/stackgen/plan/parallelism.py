"""How a model is spread over the devices of one host."""

from __future__ import annotations

from stackgen.origin import Traced, computed, literal
from stackgen.plan.dimensions import Dimensions
from stackgen.plan.fit import largest_tensor_parallel
from stackgen.plan.flags import number
from stackgen.plan.slices import Slice
from stackgen.record import record
from stackgen.spec.serving import Model

FLAG = "--tensor-parallel-size"


@record
class Parallelism:
    """devices: what JAX sees on one host. tensor: shares of the model. chips: those that hold one.

    typed: whether `tensor` is the user's own flag.
    """

    devices: Traced[int]
    tensor: Traced[int]
    chips: Traced[int]
    typed: bool = False


def parallelism(
    model: Model, shape: Slice, per_chip: Traced[int], size: Dimensions
) -> Parallelism:  # fmt: skip
    """All devices of the host where the heads can be split so; else as many as they can."""
    devices = computed(
        "chips per host x devices per chip", "what JAX sees on one host",
        shape.chips_per_host.value * per_chip.value, shape.chips_per_host, per_chip,
    )  # fmt: skip
    typed = number(model.args, FLAG)
    tensor = typed if typed is not None else _derived(devices, size)
    chips = computed(
        "tensor / devices per chip", "the chips that hold a share",
        -(-tensor.value // per_chip.value), tensor, per_chip,
    )  # fmt: skip
    return Parallelism(devices, tensor, chips, typed is not None)


def _derived(devices: Traced[int], size: Dimensions) -> Traced[int]:
    heads, kv_heads = size.attention_heads, size.kv_heads
    if heads is None or kv_heads is None:
        unknown = literal("", "plan/parallelism", "the model's heads are not known")
        why = "the model is spread over all chips of the host; its heads are not known"
        return computed("devices", why, devices.value, devices, unknown)
    best = largest_tensor_parallel(heads.value, kv_heads.value, devices.value)
    name, why = "devices", "the model is spread over all chips of the host"
    if best < devices.value:
        name = "largest size that divides the heads"
        why = (
            f"{heads.value} heads and {kv_heads.value} KV heads cannot be split "
            f"{devices.value} ways; {best} is the most"
        )
    return computed(name, why, best, devices, heads, kv_heads)
