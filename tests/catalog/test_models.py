"""The recorded sizes of models follow from their dimensions, and the fits from the sizes."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row

GIB = 2**30


def test_bytes_per_token_and_weights_follow_from_the_dimensions(catalog: Catalog) -> None:
    for row in catalog.rows("model"):
        d = row.data
        assert d["kv_bytes_per_token"] == 2 * d["layers"] * d["kv_heads"] * d["head_dim"] * 2
        assert d["weight_bytes"] == d["params"] * 2
        assert d["load_bytes"] <= d["weight_bytes"]
        assert ("quantization" in d) == (d["load_bytes"] < d["weight_bytes"])
        assert d.get("active_params", d["params"]) <= d["params"]


def _divides(heads: int, kv_heads: int, size: int) -> bool:
    shared = kv_heads % size == 0 if size <= kv_heads else size % kv_heads == 0
    return heads % size == 0 and shared


def test_the_valid_tensor_parallel_sizes_are_those_that_divide_the_heads(
    catalog: Catalog,
) -> None:
    for row in catalog.rows("model"):
        d = row.data
        valid = [n for n in (1, 2, 4, 8, 16) if _divides(d["attention_heads"], d["kv_heads"], n)]
        assert d["valid_tensor_parallel"] == valid, row.key


def test_a_checkpoint_without_a_native_format_is_reckoned_at_its_expanded_size(
    catalog: Catalog,
) -> None:
    for name in ("openai/gpt-oss-20b", "openai/gpt-oss-120b"):
        row = catalog.model(name)
        assert row is not None
        assert row.data["tpu_load_bytes"] == row.data["weight_bytes"]
        assert row.mark("tpu_load_bytes") == "INFERRED"


@pytest.mark.parametrize("prefix", ["meta-llama/", "google/", "mistralai/"])
def test_gated_families_are_marked_so(catalog: Catalog, prefix: str) -> None:
    rows = [r for r in catalog.rows("model") if r.key.startswith(prefix)]
    assert rows
    assert all(r.data["gated"] for r in rows)


def _tokens(catalog: Catalog, model: Row, generation: str, chips: int) -> int:
    """KV tokens that fit at 0.9 utilisation with 1 GiB a chip kept back, as in the record."""
    accelerator = catalog.accelerator(generation)
    assert accelerator is not None
    d = model.data
    padded = 64 if d["head_dim"] == 64 else -(-d["head_dim"] // 128) * 128
    per_token = 2 * d["layers"] * max(d["kv_heads"], chips) * padded * 2
    budget = chips * accelerator.data["hbm_usable_gib"] * GIB * 0.9
    return max(0, int((budget - d["load_bytes"] - chips * GIB) // per_token))


def test_the_worked_fits_of_the_record_come_out_of_the_rows(
    catalog: Catalog, recorded: Any
) -> None:
    compared = 0
    for fact in recorded["models"]:
        row = catalog.model(fact["id"])
        assert row is not None
        for generation, key in (("v6e", "fitV6e"), ("v5e", "fitV5e")):
            for fit in fact[key]:
                valid = fit["chips"] in row.data["valid_tensor_parallel"]
                assert valid == fit["valid"]
                if not valid:
                    continue
                assert round(row.data["load_bytes"] / GIB, 2) == fit["weightsGiB"]
                tokens = _tokens(catalog, row, generation, fit["chips"])
                assert tokens == fit["kvTokens"], (row.key, generation, fit["chips"])
                compared += 1
    assert compared > 100


def test_every_recorded_model_is_there_as_recorded(catalog: Catalog, recorded: Any) -> None:
    fields = {
        "params": "params",
        "layers": "layers",
        "attention_heads": "attentionHeads",
        "kv_heads": "kvHeads",
        "head_dim": "headDim",
        "max_context": "maxContext",
        "gated": "gated",
        "load_bytes": "loadBytes",
        "kv_bytes_per_token": "kvBytesPerTokenBf16",
        "valid_tensor_parallel": "validTP",
    }
    assert catalog.names("model") == [fact["id"] for fact in recorded["models"]]
    for fact in recorded["models"]:
        row = catalog.model(fact["id"])
        assert row is not None
        assert {f: row.data[f] for f in fields} == {f: fact[g] for f, g in fields.items()}
