"""Which layers of a model cache keys and values, and how large they are, by its `config.json`.

The layers of a model are not all alike. Some look at a sliding window, have other heads, read the
cache of an earlier layer (shared KV), hold one compressed vector (MLA), or cache nothing that grows
with the text (linear attention).

Source: configuration classes of huggingface/transformers; `vllm/v1/kv_cache_interface.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stackgen.record import record

FULL, SLIDING, CHUNKED = "full_attention", "sliding_attention", "chunked_attention"
LINEAR = "linear_attention"
LARGEST = 10**9  # no dimension of a model comes near it; beyond it sums are meaningless
_MOST_LAYERS = 10_000
# Keys of models whose layers hold a state, or more than keys and values.
_OTHER_CACHE = (
    "state_size", "ssm_cfg", "ssm_state_size", "mamba_d_state", "linear_attn_config",
    "block_types", "block_configs", "hybrid_layer_pattern", "hybrid_override_pattern",
    "sparse_attention_config", "compress_ratios",
)  # fmt: skip
_INDEX = "index_topk"  # of sparse attention: an indexer, which caches a key of its own
# MiniMax: the kind of each layer as a number.
_NUMBERED = {0: LINEAR, 1: FULL}
_INTERVAL = "full_attention_interval"
_INDEX_BLOCK = 128  # numbers of an indexer's key that share a scale of 4 bytes


@record
class KvGroup:
    """Layers that cache alike.

    kv_heads, head_dim: of one layer; of MLA one head of the compressed size. latent: the layer
    holds one vector, not keys and values (MLA). window: tokens of a sliding window, 0 without one.
    packed: the vector has one byte for each number whatever the type of the cache is, and no
    padding.
    """

    layers: int
    kv_heads: int
    head_dim: int
    latent: bool = False
    window: int = 0
    packed: bool = False

    def __str__(self) -> str:
        heads = "1 latent" if self.latent else f"{self.kv_heads} KV heads"
        heads = "1 packed" if self.packed else heads
        window = f", window {self.window}" if self.window else ""
        return f"{self.layers} layers x {heads} x {self.head_dim}{window}"


class KvLayersError(ValueError):
    """The config describes a cache that is not understood. key: the key that says so."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(problem)
        self.key = key


def kv_groups(
    text: Mapping[str, Any], layers: int, kv_heads: int, head_dim: int
) -> tuple[tuple[KvGroup, ...], str]:
    """The groups of layers of a text model, and the key that tells them from a uniform model.

    No groups: all layers are full attention with the heads given. Raises KvLayersError.
    """
    for key in _OTHER_CACHE:
        if text.get(key) is not None:
            raise KvLayersError(key, f"has {key}: a cache that the fit does not describe")
    if text.get("kv_lora_rank") is not None:
        return (_latent(text, layers), *_indexer(text, layers)), "kv_lora_rank"
    if text.get(_INDEX) is not None:
        raise KvLayersError(_INDEX, f"has {_INDEX}: a cache that the fit does not describe")
    if layers > _MOST_LAYERS:
        raise KvLayersError("num_hidden_layers", f"has more than {_MOST_LAYERS} layers")
    kinds, key = _kinds(text, layers)
    shared = _size(text, "num_kv_shared_layers", 0, least=0)
    if shared >= layers:
        raise KvLayersError(
            "num_kv_shared_layers", f"has num_kv_shared_layers {shared} of {layers} layers"
        )
    if shared:
        # The last layers read the cache of earlier ones.
        kinds, key = kinds[: layers - shared], "num_kv_shared_layers"
    full = KvGroup(0, kv_heads, head_dim)
    groups = {
        SLIDING: replace(full, window=_size(text, "sliding_window", 0, least=0)),
        CHUNKED: replace(full, window=_size(text, "attention_chunk_size", 0, least=0)),
        FULL: replace(
            full,
            kv_heads=_size(text, "num_global_key_value_heads", kv_heads),
            head_dim=_size(text, "global_head_dim", head_dim),
        ),
    }
    found = tuple(
        replace(group, layers=kinds.count(kind)) for kind, group in groups.items() if kind in kinds
    )
    if not found:
        raise KvLayersError(key, f"has no layer with a KV cache by {key}: the fit needs one")
    return ((), "") if found == (replace(full, layers=layers),) else (found, key)


def layer_kinds(text: Mapping[str, Any], layers: int) -> list[str]:
    """The kind of attention of each layer. Raises KvLayersError."""
    return _kinds(text, layers)[0]


def _latent(text: Mapping[str, Any], layers: int) -> KvGroup:
    """Multi-head latent attention: a compressed vector, and the part with the positions."""
    width = _size(text, "kv_lora_rank") + _size(text, "qk_rope_head_dim")
    return KvGroup(layers, 1, width, latent=True)


def _indexer(text: Mapping[str, Any], layers: int) -> tuple[KvGroup, ...]:
    """The keys by which sparse attention selects tokens: numbers of 8 bits and their scales.

    Source: vllm/model_executor/models/deepseek_v2.py DeepseekV32IndexerCache.
    """
    if text.get(_INDEX) is None:
        return ()
    size, kinds = _size(text, "index_head_dim"), text.get("indexer_types")
    if isinstance(kinds, list):
        layers = sum(kind == "full" for kind in kinds)
    width = size + -(-size // _INDEX_BLOCK) * 4
    return (KvGroup(layers, 1, width, latent=True, packed=True),) if layers else ()


def _kinds(text: Mapping[str, Any], layers: int) -> tuple[list[str], str]:
    """The kind of each layer, and the key that says it."""
    said = text.get("layer_types")
    if said is not None:
        if not isinstance(said, list) or len(said) != layers:
            raise KvLayersError("layer_types", f"has no layer_types of {layers} kinds")
        for kind in said:
            if kind not in (FULL, SLIDING, CHUNKED, LINEAR):
                other = f"has layer_types with {str(kind)[:40]}"
                raise KvLayersError(
                    "layer_types", f"{other}: a cache that the fit does not describe"
                )
        return said, "layer_types"
    numbers = text.get("attn_type_list")
    if numbers is not None:
        if not isinstance(numbers, list) or len(numbers) != layers:
            raise KvLayersError("attn_type_list", f"has no attn_type_list of {layers} numbers")
        if any(type(number) is not int or number not in _NUMBERED for number in numbers):
            raise KvLayersError("attn_type_list", "has an attn_type_list with other than 0 and 1")
        return [_NUMBERED[number] for number in numbers], "attn_type_list"
    if text.get("linear_num_key_heads") is not None:
        if text.get(_INTERVAL) is None:
            raise KvLayersError(
                "linear_num_key_heads",
                "has linear_num_key_heads and no layer_types: which layers are linear is unknown",
            )
        every = _size(text, _INTERVAL)
        return [LINEAR if (n + 1) % every else FULL for n in range(layers)], _INTERVAL
    for key in ("global_head_dim", "num_global_key_value_heads"):
        if text.get(key) is not None:
            raise KvLayersError(
                key, f"has {key} and no layer_types: which layers are global is unknown"
            )
    return [FULL] * layers, ""


def _size(text: Mapping[str, Any], key: str, default: int | None = None, least: int = 1) -> int:
    value = text.get(key)
    if value is None and default is not None:
        return default
    if type(value) is not int or not least <= value <= LARGEST:
        raise KvLayersError(key, f"has {key} that is not an integer from {least} to {LARGEST}")
    return value
