"""The figures of a model under its traffic, in words."""

from __future__ import annotations

from types import SimpleNamespace as Of
from typing import Any

import pytest

from stackgen.origin import literal
from stackgen.plan.throughput.speed import Basis
from stackgen.report.plan_traffic import asked, content, reasons, rows


def figure(value: float | None, low: float | None = None, high: float | None = None) -> Any:
    return Of(value=Of(value=value), low=low, high=high, basis=Basis("measured", "a run", 1.0))


def performance(**changed: Any) -> Any:
    one = figure(1.0, 1.0, 1.0)
    none = literal(None, "test", "")
    model = Of(autoscaling=Of(min=none, max=none), replicas=literal(2, "test", ""))
    names = ("full", "tokens", "utilization", "needed", "output_cost", "total_cost", "full_cost")
    given = {**dict.fromkeys(names, one), "latencies": {}, "limits": (), "model": model, "role": ""}
    return Of(**{**given, **changed})


COST = "USD/million output tokens"


@pytest.mark.parametrize(
    ("field", "label", "given", "value", "span"),
    [
        ("tokens", "output tokens/s", figure(1234.5, 1234.5, 1234.5), "1,234", ""),
        ("tokens", "output tokens/s", figure(0.126, 0.1, 0.2), "0.13", "0.1-0.2"),
        ("tokens", "output tokens/s", figure(3.0, 3.0, None), "3", "3 or more"),
        ("utilization", "load of a replica", figure(0.5, 0.5, 0.75), "50%", "50%-75%"),
        ("needed", "replicas needed", figure(None, None, None), "none", ""),
        (
            "output_cost",
            "USD/million output tokens",
            figure(1.5, 1.0, 1234.0),
            "1.50",
            "1.00-1,234.00",
        ),
        ("output_cost", "USD/million output tokens", figure(None, None, None), "unknown", ""),
    ],
)
def test_a_figure_in_the_unit_of_its_row(
    field: str, label: str, given: Any, value: str, span: str
) -> None:
    found = {row[0]: row for row in rows(performance(**{field: given}))}
    assert found[label] == (label, value, span, found[label][3], "measured")


def test_latencies_are_times_with_their_limit() -> None:
    limit = Of(metric="ttft", at="p95", seconds=Of(value=2.0))
    latencies = {
        ("ttft", "p95"): figure(0.25, 0.2, None),
        ("tpot", "p50"): figure(0.01, 0.01, 0.01),
    }
    found = {row[0]: row for row in rows(performance(latencies=latencies, limits=(limit,)))}
    ttft, tpot = found["TTFT p95"], found["TPOT p50"]
    assert ttft[1:4] == ("250 ms", "200 ms or more", "2 s")
    assert tpot[1:4] == ("10 ms", "", "")


def test_servers_of_one_role_have_the_figures_of_their_role() -> None:
    latencies = {(metric, "p95"): figure(1.0, 1.0, 1.0) for metric in ("ttft", "tpot")}
    labels = {
        role: [row[0] for row in rows(performance(latencies=latencies, role=role))]
        for role in ("", "prefill", "decode")
    }
    assert {"TTFT p95", "TPOT p95", "USD/million tokens"} <= set(labels[""])
    assert "TTFT p95" in labels["prefill"] and "TPOT p95" not in labels["prefill"]
    assert labels["prefill"][-1] == "USD/million prompt tokens"
    assert "TPOT p95" in labels["decode"] and "TTFT p95" not in labels["decode"]
    assert "USD/million tokens" not in labels["decode"]


def test_unknown_figures_are_data_too() -> None:
    assert content(None) is None
    assert content("the model is not known") == {"unknown": "the model is not known"}


def of(kind: str, why: str, spread: float = 1.0) -> Any:
    return Of(value=Of(value=1.0), low=1.0, high=1.0, basis=Basis(kind, why, spread))


def test_each_basis_is_said_once() -> None:
    run, guess = of("measured", "a run"), of("estimated", "a roofline", 1.5)
    found = performance(
        full=run, tokens=run, utilization=run, needed=guess, output_cost=run, total_cost=run,
        full_cost=run, latencies={("ttft", "p95"): of("estimated", "a queue", 2.0)},
    )  # fmt: skip
    assert list(reasons(found)) == [
        "measured: a run",
        "estimated within a factor of 1.50 in 9 of 10 cases: a roofline",
        "latency: estimated within a factor of 2.00 in 9 of 10 cases: a queue",
        "No published run shows TTFT below full load: its estimate is compared with none.",
    ]
    measured = performance(latencies={("ttft", "p95"): of("compared", "a run")})
    assert list(reasons(measured))[-1] == "latency: compared"


@pytest.mark.parametrize(
    ("users", "rate", "cached", "replicas", "text"),
    [
        (None, 2.5, 0.0, 1, "2.5 requests/s of 1,000 + 200 tokens, on 1 replica"),
        (
            1200, None, 0.25, 2,
            "1,200 users of 1,000 + 200 tokens, 25% of the prompt cached, on 2 replicas",
        ),
    ],
)  # fmt: skip
def test_the_traffic_in_words(
    users: int | None, rate: float | None, cached: float, replicas: int, text: str
) -> None:
    given = {
        "users": users, "requestsPerSecond": rate, "prefixShare": cached, "inputTokens": 1000,
        "outputTokens": 200,
    }  # fmt: skip
    found = performance(replicas=Of(value=replicas))
    found.model.traffic = Of(**{name: Of(value=value) for name, value in given.items()})
    assert asked(found) == text
