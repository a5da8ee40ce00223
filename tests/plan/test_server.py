"""Parallelism, memory and context of model servers, through the whole planner."""

from __future__ import annotations

import pytest

from stackgen.plan.server import _memory
from tests.plan.planning import model, served

QWEN = 'model: "hf://Qwen/Qwen2.5-%s-Instruct"'


def flags(overlay: str) -> dict[str, str]:
    pairs = (flag.value.partition("=") for flag in model(overlay).flags)
    return {name: value for name, _, value in pairs}


@pytest.mark.parametrize(
    ("fields", "pool", "tensor"),
    [
        (QWEN % "3B", "topology: 2x2", 4),
        (QWEN % "0.5B", "topology: 2x2", 2),  # 14 heads
        (QWEN % "7B", "topology: 2x4", 4),  # 28 heads
        (QWEN % "72B", "topology: 2x4", 8),
        (QWEN % "3B", "accelerator: tpu7x, topology: 2x2x1", 8),
        ('model: "pvc://models/ours"', "topology: 2x2", 4),
    ],
)
def test_the_model_is_split_over_all_devices_or_as_many_as_its_heads_allow(
    fields: str, pool: str, tensor: int
) -> None:
    found = model(served(fields, pool))
    assert found.server.spread.tensor.value == tensor
    assert f"--tensor-parallel-size={tensor}" in [f.value for f in found.flags]


def test_a_size_that_does_not_divide_is_explained() -> None:
    tensor = model(served(QWEN % "0.5B", "topology: 2x2")).server.spread.tensor
    assert tensor.origin.why == "14 heads and 2 KV heads cannot be split 4 ways; 2 is the most"


def test_a_typed_size_is_the_users_and_stands_once_on_the_command_line() -> None:
    found = model(served("args: [--tensor-parallel-size=2]", "topology: 2x2"))
    assert found.server.spread.typed
    assert found.server.spread.chips.value == 2
    said = [f.value for f in found.flags if f.value.startswith("--tensor")]
    assert said == ["--tensor-parallel-size=2"]


def test_a_typed_dtype_replaces_the_usual_one() -> None:
    assert flags(served("args: [--dtype=half]"))["--dtype"] == "half"
    assert flags("spec: {}\n")["--dtype"] == "bfloat16"


def test_the_fit_counts_the_chips_that_hold_a_share() -> None:
    hbm = model(served(QWEN % "0.5B", "topology: 2x2")).server.hbm
    assert hbm is not None
    assert hbm.budget.value == 2 * 31.25 * 0.9
    assert hbm.given.tensor_parallel == 2


def test_utilisation_and_cache_type_are_read_from_the_flags() -> None:
    usual = model("spec: {}\n").server.hbm
    more = model(served('args: [--gpu-memory-utilization=0.95, "--kv-cache-dtype=fp8_e5m2"]'))
    assert usual is not None and more.server.hbm is not None
    assert more.server.hbm.budget.value == 31.25 * 0.95
    assert more.server.hbm.kv_bytes.value * 2 == usual.kv_bytes.value


def test_the_context_is_the_models_where_the_cache_holds_it() -> None:
    assert flags("spec: {}\n")["--max-model-len"] == "32768"


def test_a_context_that_the_cache_does_not_hold_is_shortened_and_said() -> None:
    overlay = served('model: "hf://meta-llama/Llama-3.1-8B-Instruct"')
    length = model(overlay).server.max_model_len
    assert length is not None
    # 99675 tokens fit, of a context of 131072; in steps of 128.
    assert length.value == 99584
    assert length.origin.why == (
        "the KV cache holds 99675 tokens, which is less than the context length"
    )
    assert flags(overlay)["--max-model-len"] == "99584"


def test_the_users_length_is_taken_as_it_is() -> None:
    overlay = served('model: "hf://meta-llama/Llama-3.1-8B-Instruct", maxModelLen: 120000')
    assert flags(overlay)["--max-model-len"] == "120000"


def test_concurrency_is_planned_for_and_told_to_vllm() -> None:
    found = model(served("concurrency: 64"))
    assert found.server.concurrency is not None and found.server.concurrency.value == 64
    assert flags(served("concurrency: 64"))["--max-num-seqs"] == "64"
    assert "--max-num-seqs" not in flags("spec: {}\n")


def test_dimensions_of_the_spec_go_before_config_and_config_before_the_catalog() -> None:
    read = model(served("config: model.config.json")).server.size
    assert read.layers is not None and read.layers.value == 56
    given = model(served("config: model.config.json, dimensions: {layers: 7}")).server.size
    assert given.layers is not None and given.layers.value == 7
    assert given.attention_heads is not None and given.attention_heads.value == 14


def test_a_value_read_from_a_config_names_its_line_and_depends_on_the_spec_that_names_it() -> None:
    layers = model(served("config: model.config.json")).server.size.layers
    assert layers is not None
    places = [(o.file, o.line) for o in layers.origin.leaves() if o.kind == "spec"]
    assert ("model.config.json", 6) in places
    assert ("spec", "serving", "models", 0, "config") in layers.origin.spec_paths()


def test_bytes_per_parameter_scale_weights_and_host_memory() -> None:
    usual = model("spec: {}\n")
    halved = model(served("dimensions: {bytesPerParameter: 1}"))
    assert usual.server.hbm is not None and halved.server.hbm is not None
    ratio = usual.server.hbm.result.weights_gib / halved.server.hbm.result.weights_gib
    assert ratio == pytest.approx(2)
    assert (usual.memory.value, halved.memory.value) == ("28Gi", "22Gi")


def test_a_model_nobody_describes_has_no_fit_and_says_what_is_missing() -> None:
    server = model(served('model: "pvc://models/ours"')).server
    assert server.hbm is None
    assert server.max_model_len is None
    assert set(server.size.missing) == {
        "layers", "attentionHeads", "kvHeads", "headDim", "params", "maxContext"
    }  # fmt: skip


def test_a_checkpoint_the_tpu_cannot_keep_packed_is_reckoned_unpacked() -> None:
    found = model(served('model: "hf://openai/gpt-oss-20b"', "topology: 2x2"))
    assert found.server.hbm is not None
    assert found.server.hbm.result.weights_gib == pytest.approx(38.96, abs=0.01)
    assert found.load_gib.value == pytest.approx(12.8, abs=0.1)
    assert not found.server.size.certain


def test_traced_figures_of_the_fit_are_those_of_the_arithmetic() -> None:
    for fields in ("replicas: 1", "args: [--gpu-memory-utilization=0.83]", "maxModelLen: 1000"):
        hbm = model(served(fields)).server.hbm
        assert hbm is not None
        result = hbm.result
        assert hbm.budget.value == result.budget_gib
        assert hbm.weights.value == result.weights_gib
        assert hbm.spare.value == result.spare_gib
        assert hbm.kv_bytes.value == result.kv_bytes_per_token
        assert hbm.kv_tokens.value == result.kv_tokens
        assert hbm.sequences.value == round(result.sequences, 1)


def test_an_unlisted_model_is_as_large_as_its_name_says_and_never_small() -> None:
    large = model(served('model: "hf://acme/Big-480B-A35B-FP8"'))
    assert large.server.size.at_least is not None
    assert large.load_gib.value == pytest.approx(0.9 * 480e9 / 2**30)
    small = model(served('model: "hf://acme/Small-3B"'))
    assert small.load_gib.value == 64
    nameless = model(served('model: "pvc://models/ours"'))
    assert nameless.server.size.at_least is None and nameless.load_gib.value == 64


@pytest.mark.parametrize(
    ("inputs", "memory"),
    [((10, 1.5, 8.5, 1), "23Gi"), ((10, 1.5, 8.5, 2), "17Gi"), ((10, 1.5, 8.5, 2, 4), "21Gi")],
)
def test_the_memory_of_a_server(inputs: tuple[float, ...], memory: str) -> None:
    """Base, factor, GiB to load, hosts, and what lies at /dev/shm."""
    found, name, _ = _memory(*inputs)  # type: ignore[arg-type]
    assert found == memory and ("shared" in name) is (len(inputs) == 5)
