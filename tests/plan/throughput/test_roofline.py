"""The roofline, as arithmetic whose results can be told without it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackgen.plan.throughput.roofline import (
    Constants,
    Lengths,
    Server,
    prompt_s,
    request_s,
    slots,
    step_s,
    tokens_per_s,
)

# 100 GB of weights on 4 chips of 1000 GB/s: 25 ms to read them.
SERVER = Server(
    chips=4, bandwidth=1e12, peak=1e14, weights=1e11, params=5e10, active=5e10, layers=10,
    width=1000, kv_bytes=1e5, kv_tokens=200_000, max_sequences=256,
)  # fmt: skip
PERFECT = Constants(weights=1, cache=1, prompt=1, step=0, overlap=1)
LENGTHS = Lengths(1000, 1000)


def test_a_step_reads_the_weights_once_and_the_cache_of_each_sequence() -> None:
    assert step_s(SERVER, LENGTHS, 0, PERFECT) == 0.025
    # 100 kB for each of 1500 tokens, of 40 sequences: 6 GB in 1.5 ms
    assert round(step_s(SERVER, LENGTHS, 40, PERFECT), 6) == 0.0265


def test_a_sparse_model_reads_the_experts_that_its_tokens_use() -> None:
    sparse = replace(SERVER, active=5e9)
    assert round(step_s(sparse, Lengths(0, 0), 1, PERFECT), 6) == 0.0025
    assert 0.0249 < step_s(sparse, Lengths(0, 0), 100, PERFECT) < 0.025


def test_a_prompt_takes_two_operations_for_each_parameter_and_token_and_its_attention() -> None:
    # 2 x 5e10 x 1000, and 2 x 10 x 1000 x 1000 x 1000, at 4e14 a second
    assert round(prompt_s(SERVER, LENGTHS, PERFECT), 6) == round((1e14 + 2e10) / 4e14, 6)
    assert prompt_s(SERVER, Lengths(1000, 1000, 1.0), PERFECT) == 0


def test_the_cache_and_the_engine_limit_the_sequences() -> None:
    assert slots(SERVER, LENGTHS) == 100
    assert slots(replace(SERVER, kv_tokens=10**7), LENGTHS) == 256


def test_steps_and_prompts_add_up_unless_they_overlap() -> None:
    alone = request_s(SERVER, LENGTHS, 10, PERFECT)
    steps, prompts = (
        1000 * step_s(SERVER, LENGTHS, 10, PERFECT),
        10 * prompt_s(SERVER, LENGTHS, PERFECT),
    )
    assert round(alone, 6) == round(steps + prompts, 6)
    both = request_s(SERVER, LENGTHS, 10, replace(PERFECT, overlap=2))
    assert max(steps, prompts) < both < alone


@given(
    st.floats(1, 200), st.floats(1.01, 3), st.integers(1, 30_000), st.integers(1, 5000),
    st.floats(1, 3), st.floats(0.01, 1),
)  # fmt: skip
def test_more_sequences_give_more_tokens_and_longer_requests(
    running: float, more: float, prompt: int, answer: int, overlap: float, share: float
) -> None:
    constants = Constants(0.8, 0.6, 0.3, 0.005, overlap)
    server, lengths = replace(SERVER, active=SERVER.params * share), Lengths(prompt, answer)
    first = tokens_per_s(server, lengths, running, constants)
    assert tokens_per_s(server, lengths, running * more, constants) > first
    assert request_s(server, lengths, running * more, constants) > request_s(
        server, lengths, running, constants
    )
