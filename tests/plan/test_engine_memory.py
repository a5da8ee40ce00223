"""What engines take of the memory: by image, and against the cache sizes that vLLM printed."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import row_of
from stackgen.plan.engine_memory import engine_memory, trial_gib
from stackgen.plan.fit import GIB, GPU_LANES, TPU_LANES, FitInput, fit
from stackgen.record import record
from stackgen.spec.kv_layers import KvGroup

TPU = "docker.io/vllm/vllm-tpu:v"
GPU = "docker.io/vllm/vllm-openai:v"


@record
class Printed:
    """A cache size of a public log or issue.

    used_gib: weights, or what the log says was used. limit_gib: of a device. within: the error that
    is allowed. utilization: the flag, 0 where the default holds.
    """

    name: str
    source: str
    image: str
    used_gib: float
    groups: tuple[KvGroup, ...]
    layers: int
    devices: int
    limit_gib: float
    tokens: int
    within: float
    utilization: float = 0


LLAMA_8B = (KvGroup(32, 8, 128),)
GEMMA_4_31B = (KvGroup(50, 16, 256, window=1024), KvGroup(10, 4, 512))
# 20 of the 35 layers read the cache of others.
GEMMA_4_E2B = (KvGroup(12, 1, 256, window=512), KvGroup(3, 1, 512))
# INFERRED: 40 sliding layers as published, 8 global ones with one head as in the smaller model.
GEMMA_4_12B = (KvGroup(40, 8, 256, window=1024), KvGroup(8, 1, 512))
PRINTED = (
    Printed("Llama-3.1-8B, 4 v6e", "vllm-project/tpu-inference#145", TPU + "0.11.1",
            16060522496 / GIB, LLAMA_8B, 32, 4, 31.25, 811008, 0.03),
    Printed("gemma-3-1b, 1 v5e", "vLLM log of 2026-08-16", TPU + "0.27.0",
            1.86, (KvGroup(26, 1, 256),), 26, 1, 15.75, 509184, 0.03),
    Printed("Qwen3-0.6B, 1 v6e", "vllm-project/tpu-inference#898, 26.56 GiB", TPU + "0.11.1",
            1.11, (KvGroup(28, 8, 128),), 28, 1, 30.75, 248662, 0.03),
    Printed("gemma-4-31B, 4 v6e", "vLLM log of 2026-08", TPU + "0.27.0",
            58.4, GEMMA_4_31B, 60, 4, 31.25, 67392, 0.03),
    Printed("gemma-4-31B, 8 v6e", "vLLM log of 2026-08", TPU + "0.27.0",
            58.4, GEMMA_4_31B, 60, 8, 31.25, 187136, 0.03),
    Printed("gemma-4-E2B w4a16, 1 v5e", "vLLM log of 2026-10", TPU + "0.32.0",
            14.49 - 5.52, GEMMA_4_E2B, 35, 1, 15.75, 321376, 0.03),
    Printed("gemma-4-12B int8, 1 v5e", "vLLM log of 2026-10", TPU + "0.32.0",
            11.31, GEMMA_4_12B, 48, 1, 15.75, 9728, 0.12),
    Printed("Llama-3.1-8B, GPU of 24 GB", "vllm-project/vllm#10517", GPU + "0.6.4",
            16060522496 / GIB, LLAMA_8B, 32, 1, 23.58, 31232, 0.03),
    # The size of the batch is not in the issue, and the peak of activations grows with it.
    Printed("Llama-70B w8a8, H100", "vllm-project/vllm#12569", GPU + "0.6.6",
            67.7229, (KvGroup(80, 8, 128),), 80, 1, 79.11, 1381 * 16, 0.12, 0.98),
)  # fmt: skip


@pytest.mark.parametrize("one", PRINTED, ids=[one.name for one in PRINTED])
def test_the_cache_is_as_large_as_vllm_printed(one: Printed) -> None:
    kind = "tpu" if one.image.startswith(TPU) else "gpu"
    engine = engine_memory(kind, one.image, Catalog())
    assert engine.known
    result = fit(
        FitInput(
            weights_bytes=one.used_gib * GIB,
            layers=one.layers,
            attention_heads=64,
            kv_heads=one.groups[0].kv_heads,
            head_dim=one.groups[0].head_dim,
            chips=one.devices,
            tensor_parallel=one.devices,
            usable_hbm_gib_per_chip=one.limit_gib,
            utilisation=one.utilization or engine.row.data["utilisation"],
            reserve_gib_per_chip=engine.row.data["reserve_gib_per_chip"],
            lanes=TPU_LANES if kind == "tpu" else GPU_LANES,
            kv_groups=one.groups,
        )
    )
    assert result.kv_tokens == pytest.approx(one.tokens, rel=one.within), one.source


@pytest.mark.parametrize(
    ("kind", "image", "row"),
    [
        ("tpu", "docker.io/vllm/vllm-tpu:v0.11.1", "tpu-memory-jax"),
        ("tpu", "docker.io/vllm/vllm-tpu:v0.19.9", "tpu-memory-jax"),
        ("tpu", "docker.io/vllm/vllm-tpu:v0.20.0", "tpu-memory-jax-0.20"),
        ("tpu", "mirror.example.com/vllm/vllm-tpu:v0.32.1", "tpu-memory-jax-0.20"),
        ("tpu", "docker.io/vllm/vllm-tpu:v0.33.0", "tpu-memory"),
        ("tpu", "docker.io/vllm/vllm-tpu:latest", "tpu-memory"),
        ("tpu", "docker.io/vllm/vllm-torchtpu:v0.29.0", "tpu-memory"),
        ("tpu", "registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.2.5", "tpu-memory-torch_xla"),
        ("tpu", "registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.5.0", "tpu-memory-jax-0.20"),
        ("gpu", "docker.io/vllm/vllm-openai:v0.10.2", "gpu-memory-0.6"),
        ("gpu", "docker.io/vllm/vllm-openai:v0.18.0", "gpu-memory-0.11"),
        ("gpu", "docker.io/vllm/vllm-openai:v0.20.0", "gpu-memory-0.20"),
        ("gpu", "docker.io/lmsysorg/sglang:v0.5.5", "gpu-memory"),
        ("gpu", "not an image", "gpu-memory"),
        ("gpu", "", "gpu-memory"),
    ],
)
def test_the_row_is_that_of_the_version_and_no_other_stands_in(
    kind: str, image: str, row: str
) -> None:
    found = engine_memory(kind, image, Catalog())
    assert found.row.key == row
    assert found.known == (row not in ("tpu-memory", "gpu-memory"))


def test_a_row_of_the_users_own_covers_a_version() -> None:
    data = {
        "versions": ["0.33.0", "0.33"], "backend": "jax", "utilisation": 0.8,
        "reserve_gib_per_chip": 2, "kv_bytes_per_element": 2, "source": "a test",
        "as_of": "2026-11-29",
    }  # fmt: skip
    own = row_of("catalog/sizing.yaml", "tpu-memory-own", data)
    catalog = Catalog({"sizing": {own.key: own}})
    found = engine_memory("tpu", "docker.io/vllm/vllm-tpu:v0.33.2", catalog)
    assert (found.row.key, found.known) == ("tpu-memory-own", True)
    assert found.engine == "vLLM 0.33.2 on jax"


# GiB of activations and the CUDA context: llm-d-planner 0.3.3, measured on H100 with vLLM 0.19.
@pytest.mark.parametrize(
    ("vocabulary", "tensor", "measured"),
    [
        (128256, 1, 1.89 + 0.27),  # Llama
        (151936, 1, 2.21 + 0.27),  # Qwen3
        (32000, 1, 1.21 + 0.27),  # Mixtral
        (262208, 1, 3.94 + 0.27),  # Gemma 3
        (128256, 8, 1.89 + 2.1),
    ],
)
def test_the_peak_of_the_trial_run_follows_from_the_vocabulary(
    vocabulary: int, tensor: int, measured: float
) -> None:
    activation = Catalog().sizing("gpu-memory-0.11").data["activation"]
    found = trial_gib(activation, vocabulary, 79.11, tensor)
    assert found == pytest.approx(measured, abs=0.6)
    # A smaller GPU, and a flag, serve fewer sequences at a time.
    assert trial_gib(activation, vocabulary, 22.03, tensor) < found
    assert trial_gib(activation, vocabulary, 79.11, tensor, 64) < found
    graphs = Catalog().sizing("gpu-memory-0.20").data["activation"]
    assert trial_gib(graphs, vocabulary, 79.11, tensor) == pytest.approx(found + 0.5)
