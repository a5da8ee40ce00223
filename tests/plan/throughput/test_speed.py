"""Which engine an image is, as the rows of published runs name it."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.plan.throughput.speed import engine_of


@pytest.mark.parametrize(
    ("image", "kind", "engine"),
    [
        ("vllm/vllm-openai:v0.11.0", "gpu", ("vllm", "0.11.0")),
        ("vllm/vllm-openai:v0.11.0", "tpu", ("vllm-tpu", "0.11.0")),
        ("vllm/vllm-tpu:v0.12.0", "tpu", ("vllm-tpu", "0.12.0")),
        ("lmsysorg/sglang:v0.5.0", "tpu", ("sglang", "0.5.0")),
        ("example/server:1", "tpu", ("example/server", "1")),
    ],
)
def test_the_engine_of_an_image(image: str, kind: str, engine: tuple[str, str]) -> None:
    assert engine_of(image, kind, Catalog()) == engine
