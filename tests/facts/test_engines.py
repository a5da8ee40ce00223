"""Which engine a container runs, and what its parser makes of words and values."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.facts.engines import matching, running, wrong_value


@pytest.mark.parametrize(
    ("image", "engine", "version", "tag"),
    [
        ("vllm/vllm-openai:v0.11.0", "vllm", "0.11.0", "0.11.0"),
        ("mirror.example.com/hub/vllm/vllm-openai:v0.8.5.post1", "vllm", "0.8.5.post1", None),
        ("vllm/vllm-openai-rocm:v0.14.0", "vllm", "0.14.0", None),
        ("docker.io/vllm/vllm-tpu:v0.12.0@sha256:00", "vllm-tpu", "0.12.0", None),
        ("lmsysorg/sglang:v0.5.9-cu129-amd64", "sglang", "0.5.9", None),
        # The catalog says which version of vLLM is in an image of another company.
        ("registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.2.5", "vllm", "0.11.2", None),
        (
            "registry.redhat.io/rhaiis/vllm-cuda-rhel9@sha256:fc68d623d1bfc36c8cb2fe4a71f19c8578cfb420ce8ce07b20a02c1ee0be0cf3",
            "vllm",
            "0.11.0",
            None,
        ),
        # Never another version than the one that is there.
        ("vllm/vllm-openai:v99.1.0", "vllm", "", "99.1.0"),
        ("vllm/vllm-openai:v0.11.0rc1", "vllm", "", ""),
        ("vllm/vllm-openai:latest", "vllm", "", ""),
        ("ghcr.io/llm-d/llm-d-cuda:v0.3.0", "vllm", "", ""),
        ("not an image", "vllm", "", ""),
    ],
)
def test_the_version_is_that_of_the_image(
    image: str, engine: str, version: str, tag: str | None
) -> None:
    found = running(image, "sglang" if engine == "sglang" else "vllm", Catalog())
    assert found is not None
    assert (found.engine.name, found.version) == (engine, version)
    assert found.tag == (version if tag is None else tag)


def test_an_image_without_a_known_engine_runs_none_by_itself() -> None:
    assert running("nginx:1.29", "", Catalog()) is None
    assert running("", "", Catalog()) is None


def test_the_command_outweighs_the_image() -> None:
    found = running("vllm/vllm-openai:v0.11.0", "sglang", Catalog())
    assert found is not None and (found.engine.name, found.version) == ("sglang", "")


NAMES = {"port": "int", "enforce-eager": "switch", "headless": "flag", "max-num-seqs": "int",
         "max-num-batched-tokens": "size"}  # fmt: skip


@pytest.mark.parametrize(
    ("word", "options"),
    [
        ("port", ["port"]),
        ("no-enforce-eager", ["enforce-eager"]),
        ("no-headless", []),
        ("enforce", ["enforce-eager"]),
        ("no-enforce", ["enforce-eager"]),
        ("max-num", ["max-num-seqs", "max-num-batched-tokens"]),
        ("port.key", ["port"]),
        ("prefix-cache-block-size", []),
    ],
)
def test_words_as_argparse_reads_them(word: str, options: list[str]) -> None:
    assert sorted(matching(NAMES, word)) == sorted(options)


@pytest.mark.parametrize(
    ("kind", "value", "separate", "wrong"),
    [
        ("switch", "true", False, True),
        ("switch", "true", True, True),
        ("switch", "Qwen/Qwen3-8B", True, False),
        ("flag", "", False, False),
        ("int", "8", True, False),
        ("int", "8k", True, True),
        ("int", "None", True, False),
        ("size", "8k", True, False),
        ("size", "25.6k", True, False),
        ("size", "25.6K", True, True),
        ("size", "auto", True, True),
        ("size-or-auto", "auto", True, False),
        ("float", "0.9", True, False),
        ("float", "90%", True, True),
        ("json", '{"a": 1}', True, False),
        ("json", '{"bytes": 80m}', True, False),
        ("json", "{'a': 1}", True, True),
        ("=auto|bfloat16", "bf16", True, True),
        ("=auto|bfloat16", "auto", True, False),
        ("~HND|NHD", "hnd", False, False),
        ("=a|b+", "a,b", True, False),
        ("bool", "TRUE", False, False),
        ("bool", "yes", False, True),
        ("any", "whatever", True, False),
        ("text", "", False, False),
    ],
)
def test_values_as_the_parser_reads_them(
    kind: str, value: str, separate: bool, wrong: bool
) -> None:
    assert bool(wrong_value(kind, value, separate)) is wrong


def test_allowed_numbers_are_in_the_order_of_numbers() -> None:
    assert wrong_value("=1|128|16", "24", False) == "one of 1, 16, 128"
    assert wrong_value("=b|a|10", "x", False) == "one of b, a, 10"


def test_an_option_that_takes_a_number_does_not_stand_alone() -> None:
    assert wrong_value("int", "", separate=False, alone=True) == "a value"
    assert wrong_value("int", "", separate=False) == ""
    assert wrong_value("int?", "", separate=False, alone=True) == ""
    assert wrong_value("switch", "", separate=False, alone=True) == ""
