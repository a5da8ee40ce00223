"""Latency under load, and the replicas that it takes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.plan.throughput.anchors import Anchor, beyond, is_at, ratio
from stackgen.plan.throughput.demand import Demand, cost, latency, needed, utilization
from stackgen.plan.throughput.load import Load, Speed, capacity, most, serve, tpot, ttft
from stackgen.plan.throughput.roofline import Constants, Lengths
from tests.plan.throughput.test_roofline import LENGTHS, SERVER

SPEED = Speed(SERVER, LENGTHS, Constants(0.8, 0.6, 0.3, 0.005, 1.2), 2048)
FULL = capacity(SPEED)


def test_at_full_load_no_rate_is_served_and_users_wait() -> None:
    assert serve(SPEED, Load(FULL, 0)) is None
    crowd = serve(SPEED, Load(0, 3 * most(SPEED)))
    assert crowd is not None
    assert crowd.rate == pytest.approx(FULL)
    # two of three users wait for one of the requests in front of them
    assert ttft(SPEED, crowd, "p50") > 2 * most(SPEED) / FULL


def test_what_runs_is_what_arrives_times_how_long_it_stays() -> None:
    """Little's law, which does not know the roofline."""
    service = serve(SPEED, Load(FULL / 2, 0))
    assert service is not None
    at_the_load = serve(SPEED, Load(0, service.running))
    assert at_the_load is not None
    assert at_the_load.rate == pytest.approx(FULL / 2, rel=1e-3)


@settings(max_examples=25)
@given(st.floats(0.01, 0.9), st.floats(1.01, 5), st.sampled_from(["p50", "p90", "p95", "p99"]))
def test_latency_grows_with_the_load_and_with_the_percentile(
    load: float, more: float, at: str
) -> None:
    light, heavy = serve(SPEED, Load(load * FULL / more, 0)), serve(SPEED, Load(load * FULL, 0))
    assert light is not None and heavy is not None
    for metric in (ttft, tpot):
        assert metric(SPEED, light, at) <= metric(SPEED, heavy, at) * 1.0001
        assert (
            metric(SPEED, heavy, "p50") <= metric(SPEED, heavy, at) <= metric(SPEED, heavy, "p99")
        )


@settings(max_examples=25)
@given(st.floats(0.01, 50), st.floats(0.2, 10), st.floats(0.02, 0.5))
def test_the_replicas_needed_hold_and_one_less_does_not(
    rate: float, first: float, each: float
) -> None:
    demand, asked = Demand(rate, 0), [("ttft", "p95"), ("tpot", "p95")]
    count = needed(asked)(SPEED, demand, 0.8, first, each)
    for replicas, holds in ((count, True), (count and count - 1, False)):
        if replicas:
            load = utilization(SPEED, demand, int(replicas))
            within = [
                (value := latency(metric, at)(SPEED, demand, replicas)) is not None
                and value <= limit
                for (metric, at), limit in zip(asked, (first, each), strict=True)
            ]
            assert (load is not None and load <= 0.8 and all(within)) == holds
    if count is None:
        alone = serve(SPEED, Load(1e-6, 0))
        assert alone is not None
        assert tpot(SPEED, alone, "p95") > each or ttft(SPEED, alone, "p95") > first


def test_a_million_tokens_cost_the_hour_of_the_replicas_by_their_tokens() -> None:
    demand = Demand(FULL / 2, 0)
    # one replica at 10 USD an hour, 1000 tokens a request
    expected = 10 / (FULL / 2 * 1000 * 3600) * 1e6
    assert cost([], prompts=False)(SPEED, demand, 1, 0.8, 10.0) == pytest.approx(expected)
    assert cost([], prompts=True)(SPEED, demand, 1, 0.8, 10.0) == pytest.approx(expected / 2)
    assert cost([], prompts=False)(SPEED, demand, 3, 0.8, 10.0) == pytest.approx(3 * expected)


def _anchor(prompt: float, running: float, slower: float) -> Anchor:
    return Anchor(Lengths(int(prompt), 1000), running, {"request": {"mean": slower}})


def test_figures_are_those_of_a_point_at_it_and_a_mean_between_points() -> None:
    anchors = (_anchor(1000, 8, 2.0), _anchor(1000, 32, 0.5))
    assert ratio(anchors, "request", LENGTHS, 8) == 2.0
    assert ratio(anchors, "request", LENGTHS, 32) == 0.5
    assert ratio(anchors, "request", LENGTHS, 16) == pytest.approx(1.0)
    assert ratio(anchors, "ttft_rate", LENGTHS, 16) == 1.0
    assert is_at(anchors[0], LENGTHS, 8.5) and not is_at(anchors[0], LENGTHS, 16)
    assert not is_at(anchors[0], Lengths(1000, 1000, 0.5), 8)


def test_what_is_beyond_the_points_says_how_far() -> None:
    anchors = (_anchor(1000, 8, 1.0), _anchor(4000, 32, 1.0))
    assert beyond(anchors, Lengths(2000, 1000), 16) == {}
    far = beyond(anchors, Lengths(2000, 500), 64)
    assert {name: round(by, 3) for name, by in far.items()} == {"output": 0.5, "sequences": 2.0}
