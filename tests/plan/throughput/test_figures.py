"""Figures of stacks with traffic: labels, ranges, cost, and what stays unknown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import row_of
from stackgen.catalog.validate import problems_of
from stackgen.compiler import Compiled
from stackgen.origin import literal
from stackgen.plan.estimate import estimate
from stackgen.plan.throughput.durations import in_seconds, in_words
from stackgen.plan.throughput.figures import Performance, performance
from stackgen.spec.traffic import Traffic
from tests.checks.planned import compiled_of

# The stack of the published point: 64 users, 1000 + 1000 tokens, 2494.8 tokens/s on 8 chips.
LLAMA = (
    "spec: {cluster: {nodePools: [{name: tpu, topology: 2x4, nodes: {min: 0, max: 8}}]},"
    " serving: {huggingFaceToken: {secret: hf}, models: [{name: chat,"
    ' model: "hf://meta-llama/Llama-3.3-70B-Instruct", image: "docker.io/vllm/vllm-tpu:v%s",'
    " maxModelLen: 4096, %s}]}}"
)
SMALL = "spec: {serving: {models: [{name: chat, %s}]}}"


def found(overlay: str, rows: Mapping[str, str] | None = None) -> Performance | str | None:
    compiled = compiled_of(overlay, rows=rows)
    assert compiled.plan is not None, [f.message for f in compiled.findings]
    return estimate(compiled.plan, compiled.catalog).traffic[0]


def known(overlay: str, rows: Mapping[str, str] | None = None) -> Performance:
    figures = found(overlay, rows)
    assert isinstance(figures, Performance), figures
    return figures


def traffic(load: str, prompt: int = 1000, answer: int = 1000, more: str = "") -> str:
    return f"traffic: {{{load}, inputTokens: {prompt}, outputTokens: {answer}{more}}}"


def test_a_measured_point_is_shown_as_it_was_measured() -> None:
    figures = known(LLAMA % ("0.12.0", traffic("users: 64")))
    assert figures.tokens.value.value == pytest.approx(2494.8)
    assert (figures.tokens.basis.kind, figures.tokens.low) == ("measured", figures.tokens.high)
    # only the mean of TPOT was published
    assert figures.latencies["tpot", "p95"].basis.kind == "estimated"


def test_between_two_points_a_figure_is_interpolated() -> None:
    figures = known(LLAMA % ("0.12.0", traffic("users: 90")))
    assert figures.tokens.value.value is not None
    assert 2494.8 < figures.tokens.value.value < 3544.46
    assert figures.tokens.basis.kind == "interpolated"
    assert "between 2 points" in figures.tokens.basis.why


@pytest.mark.parametrize(
    ("version", "load", "why"),
    [
        ("0.12.0", traffic("users: 16"), "0.25 x the sequences of the nearest point"),
        ("0.12.0", traffic("users: 64", 100), "0.1 x the prompt"),
        ("0.12.0", traffic("users: 64", more=", prefixShare: 0.5"), "0.5 x the uncached prompt"),
        ("0.27.0", traffic("users: 64"), "is measured with vllm-tpu 0.12.0; the image has"),
    ],
)
def test_beyond_the_points_a_figure_is_estimated_and_says_how_far(
    version: str, load: str, why: str
) -> None:
    basis = known(LLAMA % (version, load)).tokens.basis
    assert basis.kind == "estimated"
    assert why in basis.why
    assert basis.spread > 1.2


def test_a_model_without_a_point_says_what_the_estimate_is_fitted_to() -> None:
    figures = known(SMALL % traffic("requestsPerSecond: 2"))
    assert "is not measured; fitted to 19 points of other models on v6e" in figures.full.basis.why
    low, value, high = figures.full.low, figures.full.value.value, figures.full.high
    assert low is not None and value is not None and high is not None
    assert low < value < high


def test_an_accelerator_without_a_point_has_a_wider_range() -> None:
    pool = "cluster: {nodePools: [{name: tpu, accelerator: v5e, topology: 1x1}]}, serving"
    other = known((SMALL % traffic("requestsPerSecond: 2")).replace("serving", pool, 1))
    assert "nothing is measured on v5e" in other.full.basis.why
    assert other.full.basis.spread > known(SMALL % traffic("users: 2")).full.basis.spread


@pytest.mark.parametrize(
    ("overlay", "why"),
    [
        (SMALL % f'model: "hf://acme/none", {traffic("users: 1")}', "size of the model"),
        (SMALL % f'model: "hf://Qwen/Qwen2.5-72B-Instruct", {traffic("users: 1")}', "do not fit"),
        (SMALL % traffic("users: 1", 900_000), "the KV cache holds"),
    ],
)
def test_what_is_not_known_has_a_reason_and_no_figure(overlay: str, why: str) -> None:
    reason = found(overlay)
    assert isinstance(reason, str)
    assert why in reason


def test_a_model_without_traffic_has_no_figures() -> None:
    assert found(SMALL % "replicas: 2") is None


def test_cost_is_that_of_the_replicas_needed_or_of_those_that_there_are() -> None:
    one = known(SMALL % traffic("requestsPerSecond: 2"))
    three = known(SMALL % f"replicas: 3, {traffic('requestsPerSecond: 2')}")
    assert one.needed.value.value == 1
    assert one.output_cost.value.value is not None
    # v6e in us-east5: the price is in the catalog
    assert three.output_cost.value.value == pytest.approx(3 * one.output_cost.value.value)
    assert one.total_cost.value.value == pytest.approx(one.output_cost.value.value / 2)


def test_without_a_price_there_is_no_cost() -> None:
    compiled = compiled_of(SMALL % traffic("users: 1"))
    assert compiled.plan is not None
    model = compiled.plan.models[0]
    figures = performance(model.spec, model.server, compiled.catalog, price=None)
    assert isinstance(figures, Performance)
    assert figures.output_cost.value.value is None
    assert figures.needed.value.value == 1


def test_every_field_of_the_traffic_changes_a_figure() -> None:
    compiled = compiled_of(SMALL % traffic("requestsPerSecond: 5"))
    assert compiled.plan is not None
    model = compiled.plan.models[0]
    others = {
        "requestsPerSecond": 9.0, "inputTokens": 1500, "outputTokens": 400, "prefixShare": 0.5,
        "users": 7,
    }  # fmt: skip
    assert set(others) == set(Traffic.__annotations__)

    def at(**fields: float | None) -> float | None:
        given = model.spec.traffic
        changed = {n: replace(getattr(given, n), value=v) for n, v in fields.items()}
        spec = replace(model.spec, traffic=replace(given, **changed))
        figures = performance(spec, model.server, compiled.catalog)
        assert isinstance(figures, Performance)
        return figures.latencies["ttft", "p95"].value.value

    first = at()
    for name, value in others.items():
        without = {"requestsPerSecond": None} if name == "users" else {}
        assert at(**{name: value}, **without) != first, name


def test_every_figure_is_explained_down_to_the_spec_and_the_catalog() -> None:
    figures = known(LLAMA % ("0.12.0", f"{traffic('users: 64')}, slo: {{tpot: {{p95: 60ms}}}}"))
    leaves = list(figures.output_cost.value.origin.leaves())
    names = {leaf.name for leaf in leaves}
    assert "spec.serving.models[0].traffic.users" in names
    assert "spec.serving.models[0].slo.tpot.p95" in names
    assert "accelerators.yaml#v6e.hbm_gb_per_s" in names
    assert any(name.startswith("throughput.yaml#meta-llama/Llama-3.3") for name in names)
    assert any(name.startswith("prices.yaml#v6e/us-east5") for name in names)
    assert all(leaf.source and leaf.as_of for leaf in leaves if leaf.kind == "catalog")


def test_of_several_versions_the_newest_run_of_a_load_counts() -> None:
    overlay = (
        "spec: {cluster: {location: us-central1-c, nodePools: [{name: tpu, accelerator: tpu7x,"
        " topology: 2x2x1}]}, serving: {models: [{name: chat, maxModelLen: 16384,"
        ' model: "hf://Qwen/Qwen3.5-397B-A17B-FP8", args: [--kv-cache-dtype=fp8], %s}]}}'
    )
    figures = known(overlay % traffic("users: 128", 1024, 1024))
    # 4573 tokens/s in July 2026, 2097 in April
    assert figures.tokens.value.value == pytest.approx(4573)
    assert figures.tokens.basis.kind == "estimated"


def test_a_pipeline_over_several_hosts_says_that_none_is_measured() -> None:
    slices = (LLAMA % ("0.12.0", traffic("users: 8"))).replace("topology: 2x4", "topology: 4x4")
    basis = known(slices).full.basis
    assert "no pipeline over several hosts is measured" in basis.why
    assert basis.spread > known(SMALL % traffic("users: 8")).full.basis.spread


def test_the_constants_of_gpus_are_assumed_and_said_to_be() -> None:
    overlay = (
        "spec: {cluster: {location: us-central1-a, nodePools: [{name: tpu, accelerator: l4, "
        "topology: null, gpus: 1}]}, serving: {models: [{name: chat, maxModelLen: 4096, %s}]}}"
    )
    basis = known(overlay % traffic("users: 8")).full.basis
    assert "nothing is measured on l4; the constants of GPUs are assumed" in basis.why


@pytest.mark.parametrize(
    ("text", "seconds", "words"),
    [
        ("500ms", 0.5, "500 ms"),
        ("2s", 2.0, "2 s"),
        ("0.5ms", 0.0005, "0.5 ms"),
        ("90s", 90, "90 s"),
    ],
)
def test_a_limit_is_read_and_shown_in_its_unit(text: str, seconds: float, words: str) -> None:
    assert in_seconds(text) == pytest.approx(seconds)
    assert in_words(seconds) == words


RUN = st.fixed_dictionaries(
    {
        "engine": st.just("vllm-tpu"), "version": st.sampled_from(["0.11.2", "0.9"]),
        "weights": st.just("bf16"), "kv_cache": st.just("bf16"),
        "input_tokens": st.floats(1, 1e7), "output_tokens": st.floats(0, 1e7),
        "source": st.just("a run"), "as_of": st.just("2026-11-29"),
    },
    optional={
        "concurrency": st.just("unlimited") | st.floats(0.01, 1e7),
        "requests_per_second": st.floats(0.0001, 1e6), "servers": st.sampled_from([1, 10**6]),
        "output_tokens_per_second": st.floats(0.001, 1e9), "cached_share": st.floats(0, 1),
        "ttft_ms": st.fixed_dictionaries({"p95": st.floats(0.001, 1e8)}),
        "tpot_ms": st.fixed_dictionaries({"mean": st.floats(0.001, 1e8)}),
    },
)  # fmt: skip


@cache
def compiled() -> Compiled:
    return compiled_of(SMALL % f"{traffic('users: 9')}, slo: {{ttft: {{p95: 2s}}}}")


@settings(max_examples=12)
@given(st.lists(RUN, max_size=3), st.floats(0.0001, 1e5), st.booleans(), st.integers(0, 1000))
def test_no_run_and_no_load_gives_a_figure_outside_of_its_range(
    runs: list[dict[str, Any]], load: float, by_rate: bool, replicas: int
) -> None:
    plan = compiled().plan
    assert plan is not None
    model = plan.models[0]
    rows = {f"Qwen/Qwen2.5-3B-Instruct/v6e-1/{n}": run for n, run in enumerate(runs)}
    assert problems_of("throughput", rows) == []
    catalog = Catalog({
        "throughput": {key: row_of("throughput.yaml", key, run) for key, run in rows.items()}
    })  # fmt: skip
    said = model.spec.traffic
    asked = replace(
        said,
        requestsPerSecond=replace(said.requestsPerSecond, value=load if by_rate else None),
        users=replace(said.users, value=None if by_rate else math.ceil(load)),
    )
    spec = replace(model.spec, traffic=asked, replicas=replace(model.spec.replicas, value=replicas))
    figures = performance(spec, model.server, catalog, literal(2.0, "test", ""))
    assert isinstance(figures, Performance)
    for figure in (
        figures.full, figures.tokens, figures.utilization, figures.needed, figures.output_cost,
        figures.total_cost, figures.full_cost, *figures.latencies.values(),
    ):  # fmt: skip
        low, value, high = figure.low, figure.value.value, figure.high
        assert all(end is None or (math.isfinite(end) and end >= 0) for end in (low, value, high))
        if low is not None and value is not None and high is not None:
            assert low * 0.999 <= value <= high * 1.001


@pytest.mark.parametrize("load", ["requestsPerSecond: 0.1", "requestsPerSecond: 5", "users: 4"])
@pytest.mark.parametrize("limit", ["20ms", "150ms", "400ms", "1s", "20s"])
def test_a_limit_that_never_holds_is_one_that_no_replicas_hold(load: str, limit: str) -> None:
    text = traffic(load, 1800, 128, "") + f", slo: {{ttft: {{p99: {limit}}}}}"
    figures = known(LLAMA % ("0.12.0", text))
    assert (figures.needed.value.value is None) == bool(figures.never)
    for _, alone in figures.never:
        assert alone.value.value is not None
        # Under load a request takes no less than on an idle server.
        loaded = figures.latencies["ttft", "p99"].value.value
        assert loaded is None or loaded >= alone.value.value * 0.999


SCALED = "spec: {release: kserve-0.21, serving: {models: [{name: chat, %s}]}}"


def scaled(metric: str, target: str, rate: int, more: str = "") -> Performance:
    asked = f"autoscaling: {{max: 2, metric: {metric}{target and f', target: {target}'}}}"
    return known(SCALED % f"{asked}, {traffic(f'requestsPerSecond: {rate}', 1000, 300)}{more}")


def test_requests_that_wait_are_no_measure_of_a_steady_load() -> None:
    figures = scaled("waiting-requests", "5", 25)
    assert figures.replicas.value == 2
    assert figures.falls_to is not None
    fewer, shows = figures.falls_to
    # With both servers none wait, so that one goes, and then more requests come than it answers.
    assert (fewer, round(shows, 1)) == (1, 0.0)
    assert scaled("waiting-requests", "5", 1).falls_to is None


def test_running_requests_are_one_unless_the_target_is_near_full_load() -> None:
    figures = scaled("concurrent-requests", "60", 25)
    assert (figures.replicas.value, figures.falls_to) == (2, None)
    far = scaled("concurrent-requests", "500", 25).falls_to
    assert far is not None and far[0] == 1
    # The value that the message proposes keeps both servers.
    assert scaled("concurrent-requests", f"{far[1] * 0.98:.2g}", 25).falls_to is None


def test_a_latency_has_the_target_of_the_slo_and_that_of_an_idle_server_below() -> None:
    limits = ", slo: {ttft: {p50: 1s, p99: 2s}}"
    figures = scaled("ttft", "", 5, limits)
    idle = figures.idle_metric
    assert idle is not None and idle.value.value is not None
    assert "ttft p99" in idle.value.origin.name
    assert 0 < idle.value.value < 1.1
    assert scaled("tpot", "0.05", 5).idle_metric is not None
    assert scaled("kv-cache", "0.5", 5).idle_metric is None
