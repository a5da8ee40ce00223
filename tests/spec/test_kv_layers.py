"""Which layers cache, and what, by a Hugging Face config.json."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.spec.kv_layers import (
    CHUNKED,
    FULL,
    LINEAR,
    SLIDING,
    KvGroup,
    KvLayersError,
    kv_groups,
)


def groups(layers: int = 6, kv_heads: int = 4, head_dim: int = 128, **text: Any) -> list[KvGroup]:
    return list(kv_groups(text, layers, kv_heads, head_dim)[0])


@pytest.mark.parametrize("text", [{}, {"layer_types": [FULL] * 6}, {"num_kv_shared_layers": 0}])
def test_layers_that_are_all_full_attention_need_no_groups(text: dict[str, Any]) -> None:
    assert kv_groups(text, 6, 4, 128) == ((), "")


def test_sliding_and_global_layers_have_heads_of_their_own() -> None:
    kinds = ([SLIDING] * 5 + [FULL]) * 10
    found = groups(
        60, 16, 256, layer_types=kinds, sliding_window=1024, global_head_dim=512,
        num_global_key_value_heads=4,
    )  # fmt: skip
    assert found == [KvGroup(50, 16, 256, window=1024), KvGroup(10, 4, 512)]


def test_the_last_layers_may_read_the_cache_of_earlier_ones() -> None:
    kinds = ([SLIDING] * 4 + [FULL]) * 7
    found = groups(35, 1, 256, layer_types=kinds, num_kv_shared_layers=20, global_head_dim=512)
    assert found == [KvGroup(12, 1, 256), KvGroup(3, 1, 512)]


@pytest.mark.parametrize(
    "text",
    [
        {"layer_types": [LINEAR, LINEAR, FULL] * 2},
        {"linear_num_key_heads": 16, "full_attention_interval": 3},
        {"attn_type_list": [0, 0, 1] * 2},
    ],
)
def test_linear_attention_has_no_keys_and_values(text: dict[str, Any]) -> None:
    assert groups(**text) == [KvGroup(2, 4, 128)]


def test_chunked_attention_is_a_window() -> None:
    found = groups(2, layer_types=[CHUNKED, FULL], attention_chunk_size=8192)
    assert found == [KvGroup(1, 4, 128, window=8192), KvGroup(1, 4, 128)]


def test_multi_head_latent_attention_is_one_vector_a_layer() -> None:
    found, key = kv_groups({"kv_lora_rank": 512, "qk_rope_head_dim": 64}, 61, 128, 56)
    assert found == (KvGroup(61, 1, 576, latent=True),)
    assert key == "kv_lora_rank"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ({"mamba_d_state": 16}, "has mamba_d_state: a cache that the fit does not describe"),
        ({"index_topk": 2048}, "has index_topk: a cache that the fit does not describe"),
        ({"compress_ratios": [0, 4]}, "has compress_ratios: a cache that the fit does not"),
        (
            {"index_topk": 2048, "kv_lora_rank": 512, "qk_rope_head_dim": 64},
            "has index_head_dim that is not an integer from 1",
        ),
        ({"layer_types": ["conv"] * 6}, "has layer_types with conv: a cache that"),
        ({"layer_types": [FULL] * 5}, "has no layer_types of 6 kinds"),
        ({"layer_types": "full"}, "has no layer_types of 6 kinds"),
        ({"layer_types": [[]] * 6}, "has layer_types with []: "),
        ({"attn_type_list": [0, 2, 1, 1, 1, 1]}, "has an attn_type_list with other than 0 and 1"),
        ({"attn_type_list": [True] * 6}, "has an attn_type_list with other than 0 and 1"),
        ({"linear_num_key_heads": 16}, "has linear_num_key_heads and no layer_types"),
        ({"global_head_dim": 512}, "has global_head_dim and no layer_types"),
        ({"num_kv_shared_layers": 6}, "has num_kv_shared_layers 6 of 6 layers"),
        ({"num_kv_shared_layers": -1}, "has num_kv_shared_layers that is not an integer from 0"),
        ({"kv_lora_rank": 512}, "has qk_rope_head_dim that is not an integer from 1"),
        ({"kv_lora_rank": "512", "qk_rope_head_dim": 64}, "has kv_lora_rank that is not an"),
    ],
)
def test_a_cache_that_is_not_understood_is_refused(text: dict[str, Any], problem: str) -> None:
    with pytest.raises(KvLayersError) as raised:
        groups(**text)
    assert str(raised.value).startswith(problem)
    assert raised.value.key in problem


def test_a_model_of_too_many_layers_is_refused_before_they_are_counted_out() -> None:
    with pytest.raises(KvLayersError):
        groups(10**9, linear_num_key_heads=16, full_attention_interval=4)


def test_a_model_without_any_kv_cache_is_refused() -> None:
    with pytest.raises(KvLayersError, match="has no layer with a KV cache by layer_types"):
        groups(layer_types=[LINEAR] * 6)


@given(st.lists(st.sampled_from([FULL, SLIDING, CHUNKED, LINEAR]), max_size=40))
def test_every_layer_that_is_not_linear_is_in_one_group(kinds: list[str]) -> None:
    kinds = [*kinds, FULL]
    found = groups(len(kinds), layer_types=kinds, sliding_window=512)
    counted = sum(group.layers for group in found) if found else len(kinds)
    assert counted == len(kinds) - kinds.count(LINEAR)
    assert bool(found) == (set(kinds) != {FULL})


def test_sparse_attention_caches_a_key_of_its_indexer_beside_the_latent_vector() -> None:
    sparse = {
        "index_topk": 2048, "index_head_dim": 128, "kv_lora_rank": 512, "qk_rope_head_dim": 64,
    }  # fmt: skip
    assert groups(**sparse) == [
        KvGroup(6, 1, 576, latent=True),
        KvGroup(6, 1, 132, latent=True, packed=True),
    ]
    kinds = ["full", "shared", "shared", "full", "shared", "shared"]
    assert groups(**sparse, indexer_types=kinds)[1].layers == 2
