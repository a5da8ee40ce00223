"""Reading a model's size from a Hugging Face config.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.manifest.document import Source
from stackgen.spec.kv_layers import KvGroup
from stackgen.spec.model_config import ModelConfig, parse_config, read_config

# The public dimensions of Qwen2.5-3B: the count of parameters must come out exactly.
QWEN_3B = {
    "model_type": "qwen2",
    "hidden_size": 2048,
    "intermediate_size": 11008,
    "num_hidden_layers": 36,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32768,
    "vocab_size": 151936,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
}


def parsed(**changes: Any) -> ModelConfig:
    content = {k: v for k, v in {**QWEN_3B, **changes}.items() if v is not None}
    return parse_config(Source("config.json", json.dumps(content, indent=2)))


def test_a_dense_model_is_read_and_its_parameters_counted() -> None:
    config = parsed()
    assert config.problem == ""
    row = Catalog().model("Qwen/Qwen2.5-3B-Instruct")
    assert row is not None
    assert config.values == {
        "params": row.data["params"],
        "layers": 36,
        "attentionHeads": 16,
        "kvHeads": 2,
        "headDim": 128,
        "maxContext": 32768,
        "bytesPerParameter": 2,
        "vocabulary": 151936,
        "hidden": 2048,
        "intermediate": 11008,
    }
    assert config.formulas["headDim"] == "hidden_size / num_attention_heads"
    assert config.marks["layers"].line == 5


def test_without_key_value_heads_there_are_as_many_as_heads() -> None:
    config = parsed(num_key_value_heads=None)
    assert config.values["kvHeads"] == 16
    assert config.formulas["kvHeads"] == "num_attention_heads"


def test_experts_are_counted() -> None:
    # Qwen3-30B-A3B: 128 experts; the published count is 30.53e9.
    config = parsed(
        model_type="qwen3_moe", intermediate_size=6144, moe_intermediate_size=768,
        num_experts=128, num_hidden_layers=48, num_attention_heads=32, num_key_value_heads=4,
        head_dim=128, vocab_size=151936, tie_word_embeddings=False,
    )  # fmt: skip
    assert config.values["params"] == pytest.approx(30.53e9, rel=0.001)


def test_an_inner_text_config_is_the_model() -> None:
    text = json.dumps({"vision_config": {"num_hidden_layers": 27}, "text_config": QWEN_3B})
    assert parse_config(Source("c.json", text)).values["layers"] == 36


@pytest.mark.parametrize(
    ("quantization", "size"),
    [
        # The embedding, a tenth of this model, stays in bfloat16.
        ({"quant_method": "awq", "bits": 4}, 0.5 + 0.1009 * 1.5),
        ({"quant_method": "fp8"}, 1 + 0.1009),
        ({"quant_method": "compressed-tensors"}, 2),
    ],
)
def test_quantisation_sets_the_bytes_of_a_parameter(
    quantization: dict[str, Any], size: float
) -> None:
    found = parsed(quantization_config=quantization).values["bytesPerParameter"]
    assert found == pytest.approx(size, abs=0.001)


def test_what_is_not_told_stays_unknown() -> None:
    config = parsed(vocab_size=None, max_position_embeddings=None)
    assert "params" not in config.values
    assert "maxContext" not in config.values


@pytest.mark.parametrize("key", ["state_size", "mamba_d_state"])
def test_a_cache_that_the_fit_does_not_describe_is_refused(key: str) -> None:
    config = parsed(**{key: 512})
    assert config.problem == f"config.json has {key}: a cache that the fit does not describe"
    assert config.problem_mark is not None
    assert not config.values


# The public dimensions of DeepSeek-V3, without the layer that predicts further tokens.
DEEPSEEK_V3 = {
    "model_type": "deepseek_v3", "hidden_size": 7168, "intermediate_size": 18432,
    "moe_intermediate_size": 2048, "num_hidden_layers": 61, "num_attention_heads": 128,
    "num_key_value_heads": 128, "n_routed_experts": 256, "n_shared_experts": 1,
    "first_k_dense_replace": 3, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64,
    "qk_nope_head_dim": 128, "v_head_dim": 128, "vocab_size": 129280,
    "max_position_embeddings": 163840, "tie_word_embeddings": False,
    "quantization_config": {"quant_method": "fp8"},
}  # fmt: skip


def test_multi_head_latent_attention_is_read_with_its_parameters_and_its_cache() -> None:
    config = parsed(**DEEPSEEK_V3)
    assert config.problem == ""
    assert round(config.values["params"] / 1e9) == 671  # as published
    assert config.values["bytesPerParameter"] == pytest.approx(1.003, abs=0.001)
    assert config.kv_groups == (KvGroup(61, 1, 576, latent=True),)
    line = config.source.text.splitlines()[config.marks["kvGroups"].line - 1]
    assert '"kv_lora_rank": 512' in line


def test_queries_may_be_uncompressed_and_the_first_layers_dense() -> None:
    # The public dimensions of DeepSeek-V2-Lite, which is published as 15.7e9 parameters.
    config = parsed(
        **{
            **DEEPSEEK_V3, "hidden_size": 2048, "intermediate_size": 10944,
            "moe_intermediate_size": 1408, "num_hidden_layers": 27, "num_attention_heads": 16,
            "num_key_value_heads": 16, "n_routed_experts": 64, "n_shared_experts": 2,
            "first_k_dense_replace": 1, "q_lora_rank": None, "vocab_size": 102400,
        }
    )  # fmt: skip
    assert config.values["params"] == 15_706_484_224


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_shared_experts": -5},
        {"n_shared_experts": "1"},
        {"first_k_dense_replace": 62},
        {"first_k_dense_replace": -1},
        {"q_lora_rank": 0},
        {"v_head_dim": None},
    ],
)
def test_parameters_that_do_not_follow_from_the_sizes_stay_unknown(wrong: dict[str, Any]) -> None:
    assert "params" not in parsed(**{**DEEPSEEK_V3, **wrong}).values


def test_parameters_of_layers_that_are_not_alike_are_not_counted() -> None:
    kinds = ["linear_attention", "full_attention"] * 18
    assert "params" not in parsed(layer_types=kinds).values
    same = parsed(layer_types=["sliding_attention", "full_attention"] * 18, sliding_window=512)
    assert same.values["params"] == parsed().values["params"]


@pytest.mark.parametrize("value", ["36", 0, -1, 36.5, True, [36], 2**64])
def test_a_size_that_is_no_whole_number_is_refused(value: Any) -> None:
    config = parsed(num_hidden_layers=value)
    assert "num_hidden_layers is not an integer from 1 to 1000000000" in config.problem
    assert config.problem_mark is not None and config.problem_mark.line == 5


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "c.json is not JSON: Expecting value"),
        ('{"a": 1', "c.json is not JSON: Expecting ',' delimiter"),
        ("[1]", "c.json is not a JSON object"),
        ("[" * 100000, "c.json is not JSON: nested deeper than 200 levels"),
    ],
)
def test_a_text_that_is_no_json_object_is_refused(text: str, problem: str) -> None:
    assert parse_config(Source("c.json", text)).problem == problem


def test_files_are_read_inside_the_repository_only(tmp_path: Path) -> None:
    inside = tmp_path / "repository"
    inside.mkdir()
    (tmp_path / "secret.json").write_text("{}", encoding="utf-8")
    (inside / "link.json").symlink_to(tmp_path / "secret.json")
    (inside / "large.json").write_text(" " * (1024 * 1024 + 1), encoding="utf-8")
    (inside / "latin.json").write_bytes(b'{"a": "\xe9"}')
    problems = {
        name: read_config(str(inside), name).problem
        for name in ("../secret.json", "link.json", "gone.json", "large.json", "latin.json")
    }
    assert problems == {
        "../secret.json": "../secret.json: leads out of the repository",
        "link.json": "link.json: leads out of the repository",
        "gone.json": "gone.json: not found",
        "large.json": "large.json: is larger than 1 MiB",
        "latin.json": "latin.json: is not UTF-8 text",
    }


def test_a_number_of_bits_that_no_format_has_is_not_counted_with() -> None:
    assert parsed(quantization_config={"bits": 10**400}).problem == parsed().problem


def test_a_safetensors_index_says_what_the_weights_weigh() -> None:
    text = '{"metadata": {"total_size": 482000000000},\n "weight_map": {"a": "1.safetensors"}}'
    found = parse_config(Source("model.safetensors.index.json", text))
    assert not found.problem
    assert found.values == {"weightBytes": 482000000000}
    assert found.marks["weightBytes"].line == 1


@pytest.mark.parametrize("size", ["0", "-1", '"5"', "true", "1e99", "null"])
def test_an_index_without_a_size_is_a_problem(size: str) -> None:
    text = f'{{"metadata": {{"total_size": {size}}}, "weight_map": {{}}}}'
    found = parse_config(Source("i.json", text))
    assert "metadata.total_size" in found.problem and not found.values
