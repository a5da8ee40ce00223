"""Bytes of quantized weights, against the sizes of published checkpoints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackgen.manifest.document import Source
from stackgen.spec.model_config import parse_config
from stackgen.spec.model_weights import UncountedError, Weight
from stackgen.spec.quantization import Quantization, bytes_of, quantization_of

# The public dimensions of these models.
GPT_OSS_120B: dict[str, Any] = {
    "model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880,
    "num_hidden_layers": 36, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64,
    "num_local_experts": 128, "vocab_size": 201088, "attention_bias": True,
    "quantization_config": {
        "quant_method": "mxfp4",
        "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router"],
    },
}  # fmt: skip
KIMI_K2: dict[str, Any] = {
    "model_type": "kimi_k2", "hidden_size": 7168, "intermediate_size": 18432,
    "moe_intermediate_size": 2048, "num_hidden_layers": 61, "num_attention_heads": 64,
    "num_key_value_heads": 64, "n_routed_experts": 384, "n_shared_experts": 1,
    "first_k_dense_replace": 1, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64,
    "qk_nope_head_dim": 128, "v_head_dim": 128, "vocab_size": 163840,
    "quantization_config": {
        "quant_method": "compressed-tensors",
        "config_groups": {"group_0": {"weights": {"num_bits": 4, "group_size": 32, "type": "int"}}},
        "ignore": [
            "lm_head", "re:.*self_attn.*", "re:.*shared_experts.*",
            "re:.*mlp\\.(gate|up|gate_up|down)_proj.*",
        ],
    },
}  # fmt: skip
QWEN35_397B: dict[str, Any] = {
    "text_config": {
        "model_type": "qwen3_5_moe_text", "hidden_size": 4096, "moe_intermediate_size": 1024,
        "num_hidden_layers": 60, "num_attention_heads": 32, "num_key_value_heads": 2,
        "head_dim": 256, "num_experts": 512, "shared_expert_intermediate_size": 1024,
        "attn_output_gate": True, "full_attention_interval": 4, "linear_conv_kernel_dim": 4,
        "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 64,
        "linear_value_head_dim": 128, "vocab_size": 248320,
    },
    "tie_word_embeddings": False,
    "vision_config": {
        "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "patch_size": 16,
        "temporal_patch_size": 2, "spatial_merge_size": 2, "out_hidden_size": 4096,
    },
}  # fmt: skip
LLAMA4_SCOUT = {
    "text_config": {
        "model_type": "llama4_text", "hidden_size": 5120, "intermediate_size": 8192,
        "intermediate_size_mlp": 16384, "num_hidden_layers": 48, "num_attention_heads": 40,
        "num_key_value_heads": 8, "head_dim": 128, "num_local_experts": 16,
        "interleave_moe_layer_step": 1, "vocab_size": 202048, "tie_word_embeddings": False,
    },
}  # fmt: skip


def _of(config: dict[str, Any]) -> dict[str, float]:
    found = parse_config(Source("config.json", json.dumps(config)))
    assert found.problem == ""
    return dict(found.values)


@pytest.mark.parametrize(
    ("config", "params", "gigabytes", "within"),
    [
        # Sizes of the published files.
        (GPT_OSS_120B, 116.83e9, 65.25, 0.002),
        (KIMI_K2, 1026.4e9, 595, 0.005),
        # Published as 397B and 109B parameters in bfloat16; the images of Scout are not described.
        (QWEN35_397B, 397e9, 794, 0.005),
        (LLAMA4_SCOUT, 107.8e9, 215.5, 0.005),
        # Published as 685B with 14B of a layer that predicts further tokens.
        (
            KIMI_K2
            | {
                "num_attention_heads": 128, "num_key_value_heads": 128, "n_routed_experts": 256,
                "first_k_dense_replace": 3, "vocab_size": 129280,
                "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},
            },
            671e9, 673, 0.003,
        ),
    ],
)  # fmt: skip
def test_the_weights_are_as_large_as_published(
    config: dict[str, Any], params: float, gigabytes: float, within: float
) -> None:
    values = _of(config)
    assert values["params"] == pytest.approx(params, rel=within)
    size = values["params"] * values["bytesPerParameter"]
    assert size / 1e9 == pytest.approx(gigabytes, rel=within)


NVFP4 = {"num_bits": 4, "group_size": 16, "type": "float"}


@pytest.mark.parametrize(
    ("said", "bits"),
    [
        ({"quant_method": "fp8"}, 8),
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, 4.125),
        ({"quant_method": "awq", "w_bit": 4, "q_group_size": 128}, 4.125),
        ({"quant_method": "gptq", "bits": 8, "group_size": 128}, 8),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4", "group_size": 16}, 4.5),
        ({"quant_method": "mxfp4"}, 4.25),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, 4.25),
        ({"config_groups": {"a": {"weights": NVFP4}}}, 4.5),
        ({"config_groups": {"a": {"weights": {"num_bits": 8, "strategy": "channel"}}}}, 8),
    ],
)  # fmt: skip
def test_bits_of_a_number_with_its_share_of_the_scales(said: dict[str, Any], bits: float) -> None:
    found = quantization_of({"quantization_config": said}, {})
    assert found is not None and found.bits == bits


@pytest.mark.parametrize(
    "said",
    [
        {"quant_method": "secret"},
        {"quant_method": "awq", "bits": "four"},
        {"quant_method": "modelopt", "quantized_layers": {"layers.0": {"quant_algo": "NVFP4"}}},
        {
            "config_groups": {
                "a": {"weights": {"num_bits": 4}, "targets": ["x"]},
                "b": {"weights": {"num_bits": 8}, "targets": ["y"]},
            }
        },
        {"config_groups": {"a": {"weights": None}}},
    ],
)
def test_a_quantization_that_is_not_understood_leaves_the_parameters_unknown(
    said: dict[str, Any],
) -> None:
    with pytest.raises(UncountedError):
        quantization_of({"quantization_config": said}, {})
    assert "params" not in _of(GPT_OSS_120B | {"quantization_config": said})


@pytest.mark.parametrize(
    ("pattern", "left_out"),
    [
        ("lm_head", set()),
        ("model.layers.1.mlp.up_proj", {"layers.1.mlp.up_proj"}),
        ("model.language_model.layers.0*", {"layers.0.self_attn.q_proj", "layers.0.mlp.up_proj"}),
        ("self_attn", {"layers.0.self_attn.q_proj"}),
        ("re:.*self_attn.*", {"layers.0.self_attn.q_proj"}),
        ("re:.*(q|k)_proj$", {"layers.0.self_attn.q_proj"}),
        ("re:.*layers\\.\\d+\\.mlp.*", {"layers.0.mlp.up_proj", "layers.1.mlp.up_proj"}),
        ("attn", set()),
        ("*.mlp.*", {"layers.0.mlp.up_proj", "layers.1.mlp.up_proj"}),
    ],
)
def test_modules_that_are_left_out_stay_at_16_bits(pattern: str, left_out: set[str]) -> None:
    names = ("layers.0.self_attn.q_proj", "layers.0.mlp.up_proj", "layers.1.mlp.up_proj")
    for name in names:
        size = bytes_of((Weight(name, 8),), Quantization(4, "", (pattern,)))
        assert size == (16 if name in left_out else 4), name


@pytest.mark.parametrize("pattern", ["re:(a+)+$", "re:[^x]*y", "re:(?=.*)x", "re:" + "(a|b)" * 40])
def test_a_regular_expression_of_a_file_is_never_run(pattern: str) -> None:
    with pytest.raises(UncountedError):
        bytes_of((Weight("a" * 40, 8),), Quantization(4, "", (pattern,)))


def test_too_many_patterns_leave_the_parameters_unknown() -> None:
    patterns = tuple(f"*x{n}*" for n in range(1000))
    with pytest.raises(UncountedError):
        bytes_of((Weight("layers.0.mlp", 1),) * 1000, Quantization(4, "", patterns))


def test_a_list_of_whether_each_layer_has_experts_must_be_as_long_as_the_layers() -> None:
    assert "params" not in _of(GPT_OSS_120B | {"moe_layer_freq": [1, 0]})


ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    3.5,
    10**12,
    "x",
    [],
    {},
    [None],
    [[]],
    {"weights": {}},
    "re:(((",
)


def test_no_value_of_a_key_makes_reading_fail() -> None:
    few = {"num_hidden_layers": 4}
    images = {**QWEN35_397B, "text_config": {**QWEN35_397B["text_config"], **few}}
    for config in ({**KIMI_K2, **few}, images, {**GPT_OSS_120B, **few}):
        places = [config, *(v for v in config.values() if isinstance(v, dict))]
        for place in places:
            for key, value in list(place.items()):
                for odd in ODD:
                    place[key] = odd
                    found = parse_config(Source("config.json", json.dumps(config)))
                    assert all(size > 0 for size in found.values.values())
                place[key] = value
