"""The options of vLLM by version."""

from __future__ import annotations

import pytest

from stackgen.facts.engine_flags import accepts, vllm_flags, vllm_version


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("vllm/vllm-openai:v0.11.0", "0.11.0"),
        ("docker.io/vllm/vllm-tpu:v0.11.1@sha256:00", "0.11.1"),
        ("vllm/vllm-openai:latest", ""),
        ("ghcr.io/llm-d/llm-d-cuda:v0.3.0", ""),
        ("", ""),
    ],
)
def test_only_images_of_the_project_say_the_version(image: str, version: str) -> None:
    assert vllm_version(image) == version


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("max-model-len", True),
        ("no-enable-prefix-caching", True),
        ("tensor-parallel", True),  # argparse accepts the start of a name
        ("compilation-config.level", True),
        ("port", True),
        ("prefix-cache-block-size", False),
    ],
)
def test_every_known_version_agrees(name: str, known: bool) -> None:
    assert {accepts(flags, name) for flags in vllm_flags().values()} == {known}
