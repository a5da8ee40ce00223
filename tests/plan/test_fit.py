"""The fit of models into TPU memory: the recorded tables, and cases worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.plan.fit import (
    GIB,
    FitInput,
    fit,
    kv_bytes_per_token,
    largest_tensor_parallel,
    padded,
    valid_tensor_parallel,
)
from stackgen.spec.kv_layers import KvGroup

# 4 layers, 4 heads of 128 at 2 bytes: 2 x 4 x 4 x 128 x 2 = 8192 bytes a token. One chip of
# 10 GiB at 0.8: 8 GiB, less 1 of reserve and 3 of weights: 4 GiB, so 524288 tokens.
SMALL = FitInput(
    weights_bytes=3 * GIB,
    layers=4,
    attention_heads=8,
    kv_heads=4,
    head_dim=128,
    chips=1,
    tensor_parallel=1,
    usable_hbm_gib_per_chip=10,
    utilisation=0.8,
    max_model_len=131072,
)


def test_every_cell_of_the_recorded_tables_comes_out(catalog: Catalog, recorded: Any) -> None:
    compared = 0
    for fact in recorded["models"]:
        for generation, table in (("v6e", "fitV6e"), ("v5e", "fitV5e")):
            accelerator = catalog.accelerator(generation)
            assert accelerator is not None
            for cell in fact[table]:
                where = (fact["id"], generation, cell["chips"])
                heads, kv_heads = fact["attentionHeads"], fact["kvHeads"]
                valid = valid_tensor_parallel(heads, kv_heads, cell["tp"])
                assert valid == cell["valid"], where
                if not valid:
                    continue
                result = fit(
                    FitInput(
                        weights_bytes=fact["loadBytes"],
                        layers=fact["layers"],
                        attention_heads=heads,
                        kv_heads=kv_heads,
                        head_dim=fact["headDim"],
                        chips=cell["chips"],
                        tensor_parallel=cell["tp"],
                        usable_hbm_gib_per_chip=accelerator.data["hbm_usable_gib"],
                        max_model_len=fact["maxContext"],
                    )
                )
                assert round(result.weights_gib, 2) == cell["weightsGiB"], where
                assert result.kv_bytes_per_token == cell["kvBytesPerTokenSlice"], where
                assert result.kv_tokens == cell["kvTokens"], where
                assert result.fits == cell["weightsFit"], where
                assert result.full_context_fits == cell["fullContextFits"], where
                compared += 1
    assert compared == 142


def test_a_case_worked_out_by_hand() -> None:
    result = fit(SMALL)
    assert (result.weights_gib, result.budget_gib, result.spare_gib) == (3, 8, 4)
    assert result.kv_bytes_per_token == 8192
    assert result.kv_tokens == 524288
    assert result.sequences == 4
    assert result.fits and result.full_context_fits
    assert result.reasons == (
        "usable memory: 1 chip x 10 GiB x 0.8 = 8.00 GiB",
        "KV cache: 8.00 - 3.00 weights - 1.00 reserve = 4.00 GiB",
        "KV cache per token: 2 x 4 layers x 4 KV heads x 128 x 2 bytes = 8192 bytes",
        "KV cache in tokens: 524288",
        "max concurrency: 524288 / 131072 tokens = 4.0",
    )


def test_more_devices_than_kv_heads_hold_copies_and_gain_no_tokens_by_them() -> None:
    result = fit(replace(SMALL, chips=8, tensor_parallel=8, reserve_gib_per_chip=0))
    assert result.replication == 2
    assert result.kv_bytes_per_token == 2 * 8192
    assert result.kv_tokens == (64 - 3) * GIB // (2 * 8192)
    assert "8 KV heads (4, 2 copies of each)" in result.reasons[2]


def test_weights_that_leave_nothing_do_not_fit_and_the_shortfall_is_said() -> None:
    result = fit(replace(SMALL, weights_bytes=9 * GIB))
    assert not result.fits and not result.full_context_fits
    assert result.kv_tokens == 0
    assert result.spare_gib == -2


def test_weights_that_just_fit_leave_no_token() -> None:
    result = fit(replace(SMALL, weights_bytes=7 * GIB))
    assert result.fits
    assert result.kv_tokens == 0
    assert not result.full_context_fits


def test_a_cache_of_one_byte_holds_twice_the_tokens() -> None:
    assert fit(replace(SMALL, kv_bytes_per_element=1)).kv_tokens == 2 * 524288


def test_nothing_asked_is_no_sequence_count() -> None:
    result = fit(replace(SMALL, max_model_len=0))
    assert result.sequences == 0
    assert result.full_context_fits
    assert len(result.reasons) == 4


@pytest.mark.parametrize(
    ("head_dim", "stored"), [(64, 64), (32, 128), (80, 128), (128, 128), (192, 256), (256, 256)]
)
def test_heads_are_stored_as_64_or_in_steps_of_128(head_dim: int, stored: int) -> None:
    assert padded(head_dim) == stored
    assert kv_bytes_per_token([KvGroup(1, 1, head_dim)], 1, element=1) == 2 * stored


@pytest.mark.parametrize(
    ("heads", "kv_heads", "valid"),
    [
        (14, 2, [1, 2]),
        (28, 4, [1, 2, 4]),
        (40, 8, [1, 2, 4, 8]),
        (8, 1, [1, 2, 4, 8]),
        (24, 3, [1]),
        (64, 8, [1, 2, 4, 8, 16]),
    ],
)
def test_sizes_that_split_heads_and_kv_heads(heads: int, kv_heads: int, valid: list[int]) -> None:
    assert [n for n in (1, 2, 4, 8, 16) if valid_tensor_parallel(heads, kv_heads, n)] == valid


@pytest.mark.parametrize(
    ("heads", "kv_heads", "devices", "size"),
    [(16, 2, 4, 4), (14, 2, 4, 2), (28, 4, 8, 4), (15, 5, 8, 1), (24, 3, 6, 6), (64, 8, 1, 1)],
)
def test_the_largest_size_that_splits_the_model_over_the_host(
    heads: int, kv_heads: int, devices: int, size: int
) -> None:
    assert largest_tensor_parallel(heads, kv_heads, devices) == size


def test_layers_that_cache_differently_add_up_and_each_is_copied_for_itself() -> None:
    # 3 layers of 4 heads of 128, 1 layer of 2 heads of 256, over 4 devices: the last has copies.
    groups = (KvGroup(3, 4, 128, window=1024), KvGroup(1, 2, 256))
    alone = fit(replace(SMALL, kv_groups=groups))
    assert alone.kv_bytes_per_token == 2 * 2 * (3 * 4 * 128 + 2 * 256)
    spread = fit(replace(SMALL, kv_groups=groups, chips=4, tensor_parallel=4))
    assert spread.kv_bytes_per_token == 2 * 2 * (3 * 4 * 128 + 4 * 256)
    assert spread.reasons[2] == (
        "KV cache per token: 2 x 3 layers x 4 KV heads x 128 x 2 bytes + "
        "2 x 1 layers x 4 KV heads (2, 2 copies of each) x 256 x 2 bytes = 10240 bytes"
    )


def test_a_latent_vector_is_held_once_a_device_and_is_not_keys_and_values() -> None:
    # 576 numbers are stored as 640 on a TPU, as 576 on a GPU.
    groups = (KvGroup(4, 1, 576, latent=True),)
    alone = fit(replace(SMALL, kv_groups=groups))
    assert alone.kv_bytes_per_token == 4 * 640 * 2
    assert alone.reasons[2].endswith("4 layers x 1 latent vector x 640 x 2 bytes = 5120 bytes")
    spread = fit(replace(SMALL, kv_groups=groups, chips=2, tensor_parallel=2, lanes=1))
    assert spread.kv_bytes_per_token == 2 * 4 * 576 * 2
    assert "1 latent vector x 2 copies x 576" in spread.reasons[2]


def test_layers_in_no_group_take_no_cache_and_the_reasons_say_how_many() -> None:
    result = fit(replace(SMALL, kv_groups=(KvGroup(1, 4, 128),)))
    assert result.kv_tokens == 4 * 524288
    assert result.reasons[3] == "layers without a KV cache of their own: 3"


def test_stages_of_a_pipeline_count_groups_like_the_fullest_stage() -> None:
    # 4 layers in 3 stages: the fullest has 2, as if there were 6.
    groups = (KvGroup(2, 4, 128), KvGroup(2, 2, 128))
    result = fit(replace(SMALL, kv_groups=groups, chips=3, pipeline=3))
    assert result.kv_bytes_per_token == 2 * 2 * 128 * (2 * 4 + 2 * 2) * 6 // 4


def test_the_layers_of_a_pipeline_are_counted_in_words() -> None:
    """5 layers in 2 stages: 3 in the fullest, so 6 are counted."""
    found = fit(replace(SMALL, layers=5, chips=2, pipeline=2))
    assert any("6 layers (5 in 2 stages, all counted like the" in x for x in found.reasons)
