"""Parameters that a token uses, which decide how fast a sparse model is."""

from __future__ import annotations

import json

import pytest

from stackgen.catalog.load import Catalog
from stackgen.manifest.document import Source
from stackgen.spec.model_config import parse_config

QWEN3_30B = {
    "model_type": "qwen3_moe", "hidden_size": 2048, "num_hidden_layers": 48,
    "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128,
    "moe_intermediate_size": 768, "intermediate_size": 6144, "num_experts": 128,
    "num_experts_per_tok": 8, "vocab_size": 151936, "max_position_embeddings": 40960,
    "tie_word_embeddings": False,
}  # fmt: skip


def values(**changed: object) -> dict[str, float]:
    text = json.dumps({**QWEN3_30B, **changed})
    return dict(parse_config(Source("config.json", text)).values)


def test_a_config_says_what_a_token_uses() -> None:
    row = Catalog().model("Qwen/Qwen3-30B-A3B")
    assert row is not None
    found = values()
    assert found["params"] == pytest.approx(row.data["params"], rel=0.001)
    assert found["activeParams"] == pytest.approx(row.data["active_params"], rel=0.03)


@pytest.mark.parametrize("used", [0, 129, "8", None, True, 2.5])
def test_without_a_number_of_experts_a_model_counts_as_dense(used: object) -> None:
    found = values(num_experts_per_tok=used)
    assert "activeParams" not in found
    assert found["params"] == values()["params"]


def test_a_dense_model_has_none() -> None:
    assert "activeParams" not in values(num_experts=None)
