"""The least that a model weighs, by its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.catalog.load import Catalog
from stackgen.facts.model_name import least_by

ROW = Catalog().sizing("model-name").data


def least(name: str, quantization: str = "") -> float | None:
    return least_by(ROW, name, quantization)


@pytest.mark.parametrize(
    ("name", "gigabytes"),
    [
        ("org/Big-480B-A35B-Instruct-FP8", 0.9 * 480),
        # Large ones may be published in 8 bits and not say so.
        ("org/big-480b-a35b", 0.9 * 480),
        ("mistralai/Mistral-Large-3-675B-Instruct-2512", 0.9 * 675),
        ("org/Only-A35B", 0.9 * 70),
        ("org/small-E2B-it", 0.9 * 4),
        ("org/Some-70B-AWQ", 0.9 * 35),
        ("org/Some-70B-GPTQ-Int8", 0.9 * 35),
        ("org/some-70b-quantized.w8a8", 0.9 * 70),
        ("org/Some-8x7B", 0.9 * 0.8 * 112),
        ("org/Huge-1T", 0.9 * 1000),
        ("org/Tiny-1.1B-step-1431k-3T", 0.9 * 2.2),
        ("openai/gpt-oss-120b", 0.9 * 60),
        ("org/Two-70B-and-1B", 0.9 * 2),
    ],
)
def test_what_a_name_says(name: str, gigabytes: float) -> None:
    assert least(name) == pytest.approx(gigabytes * 1e9)


@pytest.mark.parametrize("name", ["org/DeepSeek-V3", "org/Chat-1M", "org/v2.5", "", "org/b", "8K"])
def test_a_name_without_a_number_of_parameters_says_nothing(name: str) -> None:
    assert least(name) is None


def test_a_flag_that_quantizes_makes_the_weights_smaller() -> None:
    assert least("org/Some-70B", "fp8") == pytest.approx(0.9 * 70e9)


def test_no_model_of_the_catalog_weighs_less_than_its_name_says() -> None:
    compared = 0
    for row in Catalog().rows("model"):
        size = least(row.key)
        if size is not None:
            assert size <= row.data["load_bytes"], row.key
            compared += 1
    assert compared >= 20


@given(st.text(max_size=300))
def test_any_name_gives_a_positive_size_or_none(name: str) -> None:
    size = least(name)
    assert size is None or size >= 0
