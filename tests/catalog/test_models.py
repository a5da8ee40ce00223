"""The recorded sizes of models follow from their dimensions (the fits: tests/plan/test_fit.py)."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.plan.fit import GPU_LANES, group_bytes, valid_tensor_parallel
from stackgen.spec.kv_layers import KvGroup


def test_bytes_per_token_and_weights_follow_from_the_dimensions(catalog: Catalog) -> None:
    for row in catalog.rows("model"):
        d = row.data
        alike = KvGroup(d["layers"], d["kv_heads"], d["head_dim"])
        groups = [KvGroup(**group) for group in d.get("kv_groups", ())] or [alike]
        assert d["kv_bytes_per_token"] == sum(group_bytes(g, 1, 2, GPU_LANES) for g in groups)
        assert d["weight_bytes"] == d["params"] * 2
        assert d["load_bytes"] <= d["weight_bytes"]
        assert ("quantization" in d) == (d["load_bytes"] < d["weight_bytes"])
        assert d.get("active_params", d["params"]) <= d["params"]


def test_the_valid_tensor_parallel_sizes_are_those_that_divide_the_heads(
    catalog: Catalog,
) -> None:
    for row in catalog.rows("model"):
        d = row.data
        heads, kv_heads = d["attention_heads"], d["kv_heads"]
        valid = [n for n in (1, 2, 4, 8, 16) if valid_tensor_parallel(heads, kv_heads, n)]
        assert d["valid_tensor_parallel"] == valid, row.key


def test_a_checkpoint_without_a_native_format_is_reckoned_at_its_expanded_size(
    catalog: Catalog,
) -> None:
    for name in ("openai/gpt-oss-20b", "openai/gpt-oss-120b"):
        row = catalog.model(name)
        assert row is not None
        assert row.data["tpu_load_bytes"] == row.data["weight_bytes"]
        assert row.mark("tpu_load_bytes") == "INFERRED"


@pytest.mark.parametrize(
    "prefix", ["meta-llama/", "google/gemma-2", "google/gemma-3", "mistralai/"]
)
def test_gated_families_are_marked_so(catalog: Catalog, prefix: str) -> None:
    rows = [r for r in catalog.rows("model") if r.key.startswith(prefix)]
    assert rows
    assert all(r.data["gated"] for r in rows)


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
    assert {fact["id"] for fact in recorded["models"]} <= set(catalog.names("model"))
    for fact in recorded["models"]:
        row = catalog.model(fact["id"])
        assert row is not None
        assert {f: row.data[f] for f in fields} == {f: fact[g] for f, g in fields.items()}


# Sizes of the published files, in GiB.
@pytest.mark.parametrize(
    ("name", "gib", "within"),
    [
        ("google/gemma-4-31B-it", 58.25, 0.01),
        ("google/gemma-4-26B-A4B-it", 48.07, 0.01),
        ("moonshotai/Kimi-K2.5", 554.32, 0.001),
        # The file has one layer more, which predicts further tokens.
        ("deepseek-ai/DeepSeek-V3", 641.30, 0.03),
    ],
)
def test_computed_weights_are_as_large_as_the_published_files(
    catalog: Catalog, name: str, gib: float, within: float
) -> None:
    row = catalog.model(name)
    assert row is not None
    assert row.data["load_bytes"] / 2**30 == pytest.approx(gib, rel=within)


def test_a_former_id_is_the_model_that_it_was_renamed_to() -> None:
    catalog = Catalog()
    for row in catalog.rows("renamed"):
        now = row.data["model"]
        assert catalog.row("model", row.key) is None, row.key
        found = catalog.model(row.key)
        assert found is not None and found.key == now
        assert catalog.current_id(row.key) == now
    assert catalog.current_id("Qwen/Qwen3-8B") == "Qwen/Qwen3-8B"
    used = catalog.copy()
    assert used.model("meta-llama/Meta-Llama-3.1-8B-Instruct") is not None
    assert [row.file.rpartition("/")[2] for row in used.used()] == ["models.yaml", "renamed.yaml"]
