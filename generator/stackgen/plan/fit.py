"""Does a model fit into the memory of its chips or GPUs? Arithmetic on plain numbers, nothing else.

The formulas are those of vLLM: the weights are spread evenly over the chips, KV heads are
replicated until every device has one, and on TPUs heads are padded to what the chip's memory layout
takes. A GPU counts as a chip. Sliding-window attention is not modelled: for such models the cache
is over-counted.

Source: vllm-project/tpu-inference@b8692ff tpu_inference/utils.py; vLLM's gpu_memory_utilization.
"""

from __future__ import annotations

from dataclasses import replace

from stackgen.record import record

GIB = 2**30
TPU_LANES = 128  # heads are stored in multiples of it, or of half of it
GPU_LANES = 1


@record
class FitInput:
    """What the arithmetic needs.

    weights_bytes: of the whole model, as loaded. chips: those that the model is spread over.
    utilisation: share of the memory that the engine may use. reserve_gib_per_chip: of that, kept
    back for activations and compiled programs. max_model_len: longest sequence asked for; 0 when
    nothing is asked. lanes: of the memory layout; unit: what a chip is called. pipeline: stages
    that the layers are dealt out to.
    """

    weights_bytes: float
    layers: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    chips: int
    tensor_parallel: int
    usable_hbm_gib_per_chip: float
    kv_bytes_per_element: float = 2
    utilisation: float = 0.9
    reserve_gib_per_chip: float = 1.0
    max_model_len: int = 0
    lanes: int = TPU_LANES
    unit: str = "chip"
    pipeline: int = 1

    @property
    def counted_layers(self) -> int:
        """Layers as if every stage had as many as the fullest, which runs out of memory first."""
        return counted_layers(self.layers, self.pipeline)


@record
class Fit:
    """What came out, for the whole slice.

    budget_gib: memory the engine may use. spare_gib: what weights and reserve leave of it, below
    zero when they do not fit. kv_bytes_per_token: of the slice, copies included. replication: how
    often each KV head is held. kv_tokens: tokens that the cache holds. sequences: how many of
    `max_model_len` tokens. full_context_fits: one of them does. reasons: the arithmetic in words.
    """

    weights_gib: float
    budget_gib: float
    reserve_gib: float
    spare_gib: float
    kv_bytes_per_token: int
    replication: int
    kv_tokens: int
    sequences: float
    fits: bool
    full_context_fits: bool
    reasons: tuple[str, ...]


def fit(given: FitInput) -> Fit:
    """The fit of a model whose heads divide (see `valid_tensor_parallel`)."""
    budget = budget_gib(given.chips, given.usable_hbm_gib_per_chip, given.utilisation)
    reserve = float(given.chips * given.reserve_gib_per_chip)
    weights = fullest_stages_gib(given.weights_bytes, given.layers, given.pipeline)
    spare = budget - weights - reserve
    per_token = kv_bytes_per_token(
        given.counted_layers, given.kv_heads, given.head_dim, given.tensor_parallel,
        given.kv_bytes_per_element, given.lanes,
    )  # fmt: skip
    tokens = cached_tokens(spare, per_token)
    asked = given.max_model_len
    result = Fit(
        weights_gib=weights,
        budget_gib=budget,
        reserve_gib=reserve,
        spare_gib=spare,
        kv_bytes_per_token=per_token,
        replication=max(1, given.tensor_parallel // given.kv_heads),
        kv_tokens=tokens,
        sequences=tokens / asked if asked else 0.0,
        fits=spare >= 0,
        full_context_fits=spare >= 0 and tokens >= asked,
        reasons=(),
    )
    return _with_reasons(given, result)


def budget_gib(chips: int, usable_gib: float, utilisation: float) -> float:
    """GiB that the engine may use of all chips."""
    return chips * usable_gib * utilisation


def counted_layers(layers: int, pipeline: int) -> int:
    """Layers as if every stage had as many as the fullest, which runs out of memory first."""
    return -(-layers // pipeline) * pipeline


def fullest_stages_gib(weights_bytes: float, layers: int, pipeline: int) -> float:
    """GiB of the weights, every stage taken to be as full as the fullest."""
    return weights_bytes * counted_layers(layers, pipeline) / layers / GIB


def cached_tokens(spare_gib: float, bytes_per_token: int) -> int:
    """Tokens that the cache holds."""
    return max(0, int(spare_gib * GIB // bytes_per_token))


def kv_bytes_per_token(
    layers: int, kv_heads: int, head_dim: int, tensor_parallel: int = 1, element: float = 2,
    lanes: int = TPU_LANES,
) -> int:  # fmt: skip
    """Bytes of KV cache for one token over all chips: keys and values of every layer."""
    heads = max(kv_heads, tensor_parallel)
    return int(2 * layers * heads * padded(head_dim, lanes) * element)


def padded(head_dim: int, lanes: int = TPU_LANES) -> int:
    """The head dimension as it is stored: half of the lanes, or the next multiple of them."""
    return head_dim if head_dim * 2 == lanes else -(-head_dim // lanes) * lanes


def valid_tensor_parallel(attention_heads: int, kv_heads: int, size: int) -> bool:
    """Whether vLLM can split the model `size` ways."""
    return attention_heads % size == 0 and valid_kv_split(kv_heads, size)


def valid_kv_split(kv_heads: int, size: int) -> bool:
    """Whether KV heads can be dealt out, or copied, evenly over `size` devices."""
    return kv_heads % size == 0 if size <= kv_heads else size % kv_heads == 0


def largest_tensor_parallel(attention_heads: int, kv_heads: int, devices: int) -> int:
    """The largest valid size that divides the devices of a server; 1 at the least."""
    sizes = (n for n in range(devices, 0, -1) if devices % n == 0)
    return next(n for n in sizes if valid_tensor_parallel(attention_heads, kv_heads, n))


def _with_reasons(given: FitInput, result: Fit) -> Fit:
    heads = f"{max(given.kv_heads, given.tensor_parallel)} KV heads"
    if result.replication > 1:
        heads += f" ({given.kv_heads}, {result.replication} copies of each)"
    budget = f"{result.budget_gib:.2f}"
    left = f"{budget} - {result.weights_gib:.2f} weights - {result.reserve_gib:.2f} reserve"
    of_each = f"{padded(given.head_dim, given.lanes)} x {given.kv_bytes_per_element:g} bytes"
    layers = f"{given.counted_layers} layers"
    if given.counted_layers != given.layers:
        layers += f" ({given.layers} in {given.pipeline} stages, all counted like the largest)"
    token = f"2 x {layers} x {heads} x {of_each} = {result.kv_bytes_per_token}"
    each = f"{given.usable_hbm_gib_per_chip:g} GiB x {given.utilisation:g}"
    chips = f"{given.chips} {given.unit}{'s' if given.chips != 1 else ''}"
    reasons = [
        f"usable memory: {chips} x {each} = {budget} GiB",
        f"KV cache: {left} = {result.spare_gib:.2f} GiB",
        f"KV cache per token: {token} bytes",
        f"KV cache in tokens: {result.kv_tokens}",
    ]
    if given.max_model_len:
        reasons.append(
            f"max concurrency: {result.kv_tokens} / {given.max_model_len} tokens = "
            f"{result.sequences:.1f}"
        )
    return replace(result, reasons=tuple(reasons))
