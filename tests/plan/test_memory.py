"""The memory of devices, traced: geometry of the cache by layer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import row_of
from stackgen.manifest.document import Source
from stackgen.plan.memory import HbmFit
from stackgen.plan.model import Release, Server
from stackgen.plan.server import server_of
from stackgen.report.plan_facts import model_reasons
from stackgen.spec.model_config import parse_config
from tests.plan.planning import model, plan, served

CONFIG = "model.config.json"
# Sliding and global layers with heads of their own; written for this test.
LAYERED = {
    "hidden_size": 2048,
    "num_hidden_layers": 6,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "global_head_dim": 512,
    "num_global_key_value_heads": 2,
    "sliding_window": 1024,
    "layer_types": ["sliding_attention"] * 5 + ["full_attention"],
    "max_position_embeddings": 8192,
}


def release() -> Release:
    return plan("spec: {}\n").release


def server(fields: str = "", catalog: Catalog | None = None, **config: Any) -> Server:
    overlay = served(f"config: {CONFIG}, dimensions: {{params: 1000000000{fields}}}")
    chosen = model(overlay)
    assert chosen.pool.shape is not None
    configs = {CONFIG: parse_config(Source(CONFIG, json.dumps(config, indent=2)))}
    return server_of(chosen.spec, chosen.pool.shape, release(), catalog or Catalog(), configs)


def test_layers_of_a_config_are_counted_by_how_they_cache_and_traced_to_its_line() -> None:
    found = server(**LAYERED)
    assert found.hbm is not None
    assert found.hbm.kv_bytes.value == 2 * 2 * (5 * 4 * 256 + 2 * 512)
    assert found.hbm.result.kv_bytes_per_token == found.hbm.kv_bytes.value
    places = [(o.file, o.line) for o in found.hbm.kv_bytes.origin.leaves() if o.kind == "spec"]
    line = json.dumps(LAYERED, indent=2).splitlines().index('  "layer_types": [') + 1
    assert (CONFIG, line) in places
    assert not found.size.certain


def test_dimensions_of_the_spec_make_all_layers_alike() -> None:
    found = server(", layers: 6, kvHeads: 4, headDim: 256", **LAYERED)
    assert found.size.kv_groups == ()
    assert found.hbm is not None and found.hbm.kv_bytes.value == 2 * 2 * 6 * 4 * 256


def test_layers_of_a_catalog_row_are_traced_to_the_row() -> None:
    known = Catalog().model("Qwen/Qwen2.5-3B-Instruct")
    assert known is not None
    groups = [
        {"layers": 30, "kv_heads": 2, "head_dim": 128, "window": 512},
        {"layers": 6, "kv_heads": 1, "head_dim": 256},
    ]
    data = {**known.data, "kv_groups": groups, "source": "a test", "as_of": "2026-11-29"}
    row = row_of("catalog/models.yaml", known.key, data)
    chosen = model("spec: {}\n")
    assert chosen.pool.shape is not None
    catalog = Catalog({"model": {known.key: row}})
    hbm = server_of(chosen.spec, chosen.pool.shape, release(), catalog, {}).hbm
    assert hbm is not None
    assert hbm.kv_bytes.value == 2 * 2 * (30 * 2 * 128 + 6 * 256)
    leaves = {origin.name for origin in hbm.kv_bytes.origin.leaves()}
    assert f"catalog/models.yaml#{known.key}.kv_groups.1.head_dim" in leaves


def hbm_of(image: str) -> HbmFit:
    found = model(served(f'image: "{image}"')).server.hbm
    assert found is not None
    return found


def test_the_share_and_the_reserve_follow_the_engine_in_the_image() -> None:
    older, newer = (hbm_of(f"docker.io/vllm/vllm-tpu:v{v}") for v in ("0.19.0", "0.32.0"))
    assert older.budget.value == 31.25 * 0.9
    assert newer.budget.value == 31.25 * 0.92
    assert older.result.reserve_gib == newer.result.reserve_gib == 0
    leaves = {origin.name for origin in newer.kv_tokens.origin.leaves()}
    assert "sizing.yaml#tpu-memory-jax-0.20.utilisation" in leaves
    assert "spec.serving.models[0].image" in leaves


@pytest.mark.parametrize(
    "image", ["docker.io/vllm/vllm-tpu:v0.99.0", "docker.io/vllm/vllm-torchtpu:v0.29.0"]
)
def test_an_engine_that_is_not_known_is_an_assumption_and_said(image: str) -> None:
    chosen = model(served(f'image: "{image}"'))
    assert chosen.server.hbm is not None and not chosen.server.hbm.engine.known
    reasons = model_reasons(chosen, Catalog())
    said = [text for text in reasons if "does not know the memory" in text]
    assert len(said) == 1 and said[0].startswith("estimate: ")
    known = model_reasons(model("spec: {}\n"), Catalog())
    assert not any("does not know" in text for text in known)
