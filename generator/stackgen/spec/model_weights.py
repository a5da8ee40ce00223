"""The matrices of a model, by its `config.json`: how many parameters, and in which modules.

Decoders of attention (also latent and linear) and gated feed-forward layers (also of experts) are
counted, and the encoder of images beside them. What a file does not describe is not counted: the
number is then unknown.

Source: configuration and modeling files of huggingface/transformers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.record import record
from stackgen.spec.kv_layers import FULL, LARGEST, LINEAR, layer_kinds

_BIASED = ("qwen2", "qwen2_moe")
_TIED = ("gemma", "cohere")  # where tie_word_embeddings is true unless the file says otherwise
_UNGATED = ("starcoder2", "gpt_neox", "phi", "gptj", "falcon", "nemotron")
_GATED_ATTENTION = ("qwen3_next",)
_EXPERTS_OF = {
    "minimax": "block_sparse_moe",
    "mixtral": "block_sparse_moe",
    "llama4": "feed_forward",
}
_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
_USED = ("num_experts_per_tok", "num_experts_per_token", "experts_per_token", "top_k_experts")
_MOST_LAYERS = 2000


@record
class Weight:
    """A matrix, or several alike. name: its module, as lists of modules in a config name it.

    linear: what quantization converts; embeddings, the head, norms and routers stay as they are.
    """

    name: str
    params: int
    linear: bool = True


class UncountedError(ValueError):
    """The file does not say how large a matrix is."""


def weights(data: Mapping[str, Any], text: Mapping[str, Any], dim: int) -> tuple[Weight, ...]:
    """Every matrix of a model. data: the file; text: its part about the decoder; dim: of a head.

    Raises UncountedError.
    """
    layers, hidden = _size(text, "num_hidden_layers"), _size(text, "hidden_size")
    if layers > _MOST_LAYERS:
        raise UncountedError("num_hidden_layers")
    kinds = layer_kinds(text, layers)
    found = [Weight("embed_tokens", _size(text, "vocab_size") * hidden, linear=False)]
    if not _tied(data, text):
        found.append(Weight("lm_head", _size(text, "vocab_size") * hidden, linear=False))
    found.append(Weight("norm", hidden, linear=False))
    shared = _size(text, "num_kv_shared_layers", 0)
    for n, kind in enumerate(kinds):
        of_layer = [
            *_attention(text, hidden, dim, kind, owns_cache=n < layers - shared),
            *_feed_forward(text, hidden, n, layers, reads_cache=n >= layers - shared),
            Weight("input_layernorm", 2 * hidden, linear=False),
            *_own_inputs(text, hidden),
        ]
        found += [Weight(f"layers.{n}.{w.name}", w.params, w.linear) for w in of_layer]
    inputs = _size(text, "hidden_size_per_layer_input", 0)
    if inputs:
        words = _size(text, "vocab_size_per_layer_input", _size(text, "vocab_size"))
        found.append(Weight("embed_tokens_per_layer", words * layers * inputs, linear=False))
        found.append(Weight("per_layer_model_projection", hidden * layers * inputs))
    return (*found, *_images(data, hidden))


def _tied(data: Mapping[str, Any], text: Mapping[str, Any]) -> bool:
    said = text.get("tie_word_embeddings", data.get("tie_word_embeddings"))
    if said is None:
        return str(text.get("model_type", "")).startswith(_TIED)
    return bool(said)


def _attention(
    text: Mapping[str, Any], hidden: int, dim: int, kind: str, *, owns_cache: bool
) -> Iterator[Weight]:
    if kind == LINEAR:
        yield from _linear_attention(text, hidden)
        return
    heads = _size(text, "num_attention_heads")
    if text.get("kv_lora_rank") is not None:
        yield from _latent_attention(text, hidden, heads)
        return
    kv = _size(text, "num_key_value_heads", heads)
    if kind == FULL:
        dim = _size(text, "global_head_dim", dim)
        kv = _size(text, "num_global_key_value_heads", kv)
    biased = bool(text.get("attention_bias")) or text.get("model_type") in _BIASED
    gated = text.get("attn_output_gate") or text.get("model_type") in _GATED_ATTENTION
    gate = 2 if gated else 1
    yield Weight("self_attn.q_proj", (hidden + biased) * heads * dim * gate)
    if owns_cache:
        yield Weight("self_attn.k_proj", (hidden + biased) * kv * dim)
        if not (kind == FULL and text.get("attention_k_eq_v")):
            yield Weight("self_attn.v_proj", (hidden + biased) * kv * dim)
    yield Weight("self_attn.o_proj", heads * dim * hidden)


def _latent_attention(text: Mapping[str, Any], hidden: int, heads: int) -> Iterator[Weight]:
    """Multi-head latent attention, and the indexer of sparse attention where there is one."""
    names = ("kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim")
    rank, rope, nope, value = (_size(text, name) for name in names)
    queries, low = heads * (nope + rope), text.get("q_lora_rank")
    if low is None:
        yield Weight("self_attn.q_proj", hidden * queries)
    else:
        low = _size(text, "q_lora_rank")
        yield Weight("self_attn.q_a_proj", hidden * low + low)
        yield Weight("self_attn.q_b_proj", low * queries)
    yield Weight("self_attn.kv_a_proj_with_mqa", hidden * (rank + rope) + rank)
    yield Weight("self_attn.kv_b_proj", rank * heads * (nope + value))
    yield Weight("self_attn.o_proj", heads * value * hidden)
    if text.get("index_topk") is not None:
        index_heads, size = _size(text, "index_n_heads"), _size(text, "index_head_dim")
        yield Weight("self_attn.indexer.wq_b", _size(text, "q_lora_rank") * index_heads * size)
        yield Weight("self_attn.indexer.wk", hidden * size)
        yield Weight("self_attn.indexer.weights_proj", hidden * index_heads, linear=False)


def _linear_attention(text: Mapping[str, Any], hidden: int) -> Iterator[Weight]:
    keys = _size(text, "linear_num_key_heads") * _size(text, "linear_key_head_dim")
    heads = _size(text, "linear_num_value_heads")
    values = heads * _size(text, "linear_value_head_dim")
    yield Weight("linear_attn.in_proj_qkv", hidden * (2 * keys + values))
    yield Weight("linear_attn.in_proj_z", hidden * values)
    yield Weight("linear_attn.in_proj_a", 2 * hidden * heads, linear=False)
    kernel = _size(text, "linear_conv_kernel_dim", 4)
    yield Weight("linear_attn.conv1d", (2 * keys + values) * kernel, linear=False)
    yield Weight("linear_attn.out_proj", values * hidden)


def _feed_forward(
    text: Mapping[str, Any], hidden: int, n: int, layers: int, *, reads_cache: bool
) -> Iterator[Weight]:
    kind = str(text.get("model_type", ""))
    matrices = 2 if kind in _UNGATED else 3
    experts = next((_size(text, name) for name in _EXPERTS if text.get(name)), 0)
    prefix = next((p for start, p in _EXPERTS_OF.items() if kind.startswith(start)), "mlp")
    sparse = bool(experts) and _is_sparse(text, n, layers)
    beside = bool(text.get("enable_moe_block"))  # experts beside the dense matrices
    if not sparse or beside:
        width = _size(text, "intermediate_size_mlp", 0) or _size(text, "intermediate_size")
        wide = 2 if text.get("use_double_wide_mlp") and reads_cache else 1
        yield Weight(f"{prefix}.up_proj", matrices * hidden * width * wide)
    if not sparse:
        return
    width = _size(text, "moe_intermediate_size", 0) or _size(text, "intermediate_size")
    under = "" if beside else f"{prefix}."
    yield Weight(f"{under}experts.0.up_proj", matrices * hidden * width * experts)
    yield Weight(f"{under}gate", hidden * experts, linear=False)
    common = _size(text, "n_shared_experts", 0) * width
    common = common or _size(text, "shared_expert_intermediate_size", 0)
    common = common or (width if kind.startswith("llama4") else 0)
    if common:
        yield Weight(f"{under}shared_experts.up_proj", matrices * hidden * common)


def active_params(text: Mapping[str, Any], matrices: Iterable[Weight]) -> int | None:
    """Parameters that one token uses; None for a dense model, and where the file does not say."""
    experts = next((_size(text, name) for name in _EXPERTS if text.get(name)), 0)
    used = next((text[name] for name in _USED if type(text.get(name)) is int), 0)
    if not experts or not 0 < used <= experts:
        return None
    counts = dict.fromkeys((True, False), 0)
    for matrix in matrices:
        counts["experts.0." in matrix.name] += matrix.params
    return counts[False] + counts[True] * used // experts


def _is_sparse(text: Mapping[str, Any], n: int, layers: int) -> bool:
    """Whether layer `n` has experts."""
    frequency = text.get("moe_layer_freq")
    if isinstance(frequency, list):
        if len(frequency) != layers:
            raise UncountedError("moe_layer_freq")
        return bool(frequency[n])
    dense = text.get("mlp_only_layers")
    if isinstance(dense, list) and n in dense:
        return False
    first = _size(text, "first_k_dense_replace", 0)
    if first > layers:
        raise UncountedError("first_k_dense_replace")
    steps = ("decoder_sparse_step", "interleave_moe_layer_step")
    return n >= first and all((n + 1) % _size(text, step, 1) == 0 for step in steps if step in text)


def _own_inputs(text: Mapping[str, Any], hidden: int) -> Iterator[Weight]:
    """Embeddings that each layer reads beside its input."""
    inputs = _size(text, "hidden_size_per_layer_input", 0)
    if inputs:
        yield Weight("per_layer_input_gate", 2 * hidden * inputs)


def _images(data: Mapping[str, Any], hidden: int) -> Iterator[Weight]:
    """The encoder of images, and the projection to the decoder; quantization leaves it out."""
    vision = data.get("vision_config")
    if not isinstance(vision, dict):
        return
    of = {k.removeprefix("vt_"): v for k, v in vision.items()}
    depth = _size(of, "depth", 0) or _size(of, "num_hidden_layers", 0)
    if not depth or not of.get("hidden_size") or not of.get("intermediate_size"):
        return
    width, inner = _size(of, "hidden_size"), _size(of, "intermediate_size")
    patch = 3 * _size(of, "patch_size", 14) ** 2 * _size(of, "temporal_patch_size", 1) * width
    merged = width * _size(of, "spatial_merge_size", 1) ** 2
    deep = of.get("deepstack_visual_indexes")
    mergers = 1 + (len(deep) if isinstance(deep, list) else 0)
    blocks = depth * (4 * width * width + 2 * width * inner)
    merger = mergers * (merged * merged + merged * _size(of, "out_hidden_size", hidden))
    yield Weight("visual", patch + blocks + merger, linear=False)


def _size(text: Mapping[str, Any], key: str, default: int | None = None) -> int:
    value = text.get(key)
    if value is None and default is not None:
        return default
    if type(value) is not int or not (0 if default == 0 else 1) <= value <= LARGEST:
        raise UncountedError(key)
    return value
