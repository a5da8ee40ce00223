"""Does a model fit into the memory of its chips or GPUs? Arithmetic on plain numbers, nothing else.

The formulas are those of vLLM: the weights are spread evenly over the chips, KV heads (and the
compressed vectors of MLA) are copied until every device has one, and on TPUs heads are padded to
what the chip's memory layout takes. A GPU counts as a chip. Layers with a sliding window count like
all others, as in the size of the cache that vLLM prints: the window saves memory only in sequences
that are longer than it.

Source: vllm-project/tpu-inference@b8692ff tpu_inference/utils.py; vLLM's gpu_memory_utilization.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stackgen.record import record
from stackgen.spec.kv_layers import KvGroup

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
    that the layers are dealt out to. kv_groups: the layers by how they cache; empty when all cache
    `kv_heads` heads of `head_dim`. beside: what else is in the memory, each with its GiB.
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
    kv_groups: tuple[KvGroup, ...] = ()
    beside: tuple[tuple[str, float], ...] = ()

    @property
    def groups(self) -> tuple[KvGroup, ...]:
        """The layers that have a cache, by how they cache."""
        return self.kv_groups or (KvGroup(self.layers, self.kv_heads, self.head_dim),)

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
    spare = budget - weights - reserve - sum(gib for _, gib in given.beside)
    per_token = kv_bytes_per_token(
        given.groups, given.layers, given.tensor_parallel, given.pipeline,
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
    groups: Sequence[KvGroup], layers: int, tensor_parallel: int = 1, pipeline: int = 1,
    element: float = 2, lanes: int = TPU_LANES,
) -> int:  # fmt: skip
    """Bytes of KV cache for one token over all chips: of every layer that has a cache.

    layers: of the model, which the stages of the pipeline share out.
    """
    held = sum(group_bytes(group, tensor_parallel, element, lanes) for group in groups)
    return int(held * counted_layers(layers, pipeline) / layers)


def group_bytes(
    group: KvGroup, tensor_parallel: int, element: float, lanes: int = TPU_LANES
) -> float:
    """Bytes of one token in the layers of a group, copies included."""
    vectors = 1 if group.latent else 2
    heads = max(group.kv_heads, tensor_parallel)
    if group.packed:
        return vectors * group.layers * heads * group.head_dim
    return vectors * group.layers * heads * padded(group.head_dim, lanes) * element


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
    budget = f"{result.budget_gib:.2f}"
    left = f"{budget} - {result.weights_gib:.2f} weights"
    if result.reserve_gib:
        left += f" - {result.reserve_gib:.2f} reserve"
    left += "".join(f" - {gib:.2f} {what}" for what, gib in given.beside)
    token = " + ".join(_group(group, given) for group in given.groups)
    if len(given.groups) > 1 and given.counted_layers != given.layers:
        token = f"({token}) x {given.counted_layers} / {given.layers} layers in stages"
    token = f"{token} = {result.kv_bytes_per_token}"
    each = f"{given.usable_hbm_gib_per_chip:g} GiB x {given.utilisation:g}"
    chips = f"{given.chips} {given.unit}{'s' if given.chips != 1 else ''}"
    reasons = [
        f"usable memory: {chips} x {each} = {budget} GiB",
        f"KV cache: {left} = {result.spare_gib:.2f} GiB",
        f"KV cache per token: {token} bytes",
        f"KV cache in tokens: {result.kv_tokens}",
    ]
    cached = sum(group.layers for group in given.groups if not group.packed)
    if cached < given.layers:
        reasons.insert(3, f"layers without a KV cache of their own: {given.layers - cached}")
    if given.max_model_len:
        reasons.append(
            f"max concurrency: {result.kv_tokens} / {given.max_model_len} tokens = "
            f"{result.sequences:.1f}"
        )
    return replace(result, reasons=tuple(reasons))


def _group(group: KvGroup, given: FitInput) -> str:
    """The bytes of a token in the layers of a group, in words."""
    tensor, layers = given.tensor_parallel, f"{group.layers} layers"
    if len(given.groups) == 1 and given.counted_layers != given.layers:
        counted = given.counted_layers * group.layers // given.layers
        layers = (
            f"{counted} layers ({group.layers} in {given.pipeline} stages, all counted like the "
            "largest)"
        )
    size = f"{padded(group.head_dim, given.lanes)} x {given.kv_bytes_per_element:g} bytes"
    if group.packed:
        size = f"{group.head_dim} bytes"
    if group.latent:
        copies = f" x {tensor} copies" if tensor > 1 else ""
        vector = "key of the indexer" if group.packed else "latent vector"
        return f"{layers} x 1 {vector}{copies} x {size}"
    heads = f"{max(group.kv_heads, tensor)} KV heads"
    if tensor > group.kv_heads:
        copied = tensor // group.kv_heads
        heads += f" ({group.kv_heads}, {copied} copies of each)" if copied > 1 else ""
    return f"2 x {layers} x {heads} x {size}"
