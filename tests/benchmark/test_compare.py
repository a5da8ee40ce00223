"""`stackgen benchmark compare`: what is worse, what is not comparable, what is no result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.benchmark.compare import compare
from stackgen.benchmark.results import Result, read_result
from stackgen.errors import UsageError
from tests.benchmark.reports import guidellm, inference_perf, newer, vllm_bench
from tests.program import Run, stackgen


def compared(folder: Path, before: Any, after: Any, *options: str) -> Run:
    for name, data in (("before.json", before), ("after.json", after)):
        text = data if isinstance(data, str) else json.dumps(data)
        (folder / name).write_text(text, encoding="utf-8")
    return stackgen("benchmark", "compare", "before.json", "after.json", *options, cwd=folder)


@pytest.mark.parametrize(
    "form", [inference_perf, lambda x: newer(inference_perf(x)), vllm_bench, guidellm]
)
def test_what_is_slower_is_named(form: Any, tmp_path: Path) -> None:
    run = compared(tmp_path, form(1.0), form(1.5))
    assert run.code == 1
    assert "time_to_first_token p99" in run.out and "+50.0%" in run.out
    worse = run.err.partition("regression: ")[2]
    for metric in ("time_to_first_token p50", "request_latency p99", "requests_per_sec"):
        assert metric in worse
    assert compared(tmp_path, form(1.0), form(1.05)).code == 0
    assert compared(tmp_path, form(1.0), form(1.05), "--tolerance", "1").code == 1
    faster = compared(tmp_path, form(1.5), form(1.0))
    assert faster.code == 0 and "better" in faster.out and "regression" not in faster.err


def test_the_forms_of_a_report_say_the_same(tmp_path: Path) -> None:
    run = compared(tmp_path, inference_perf(), newer(inference_perf()), "--output-format", "json")
    assert run.code == 0
    found = json.loads(run.out)
    assert found["regression"] is False
    metrics = {row["metric"]: row for row in found["metrics"]}
    assert len(metrics) == 4 * 4 + 3 + 1
    assert {row["verdict"] for row in metrics.values()} == {"same"}
    assert metrics["inter_token_latency p95"]["before"] == pytest.approx(0.04)


def test_one_percentile_that_is_worse_is_enough(tmp_path: Path) -> None:
    after = inference_perf()
    after["successes"]["latency"]["time_to_first_token"]["p99"] = 5.0
    run = compared(tmp_path, inference_perf(), after)
    assert run.code == 1
    assert run.err == "stackgen: regression: time_to_first_token p99\n"


def test_requests_that_fail_are_worse(tmp_path: Path) -> None:
    run = compared(tmp_path, inference_perf(), inference_perf(failures=3))
    assert run.code == 1 and "regression: failed requests" in run.err
    run = compared(tmp_path, vllm_bench(), vllm_bench(completed=97))
    assert run.code == 1 and "failed requests" in run.err


def test_what_is_no_longer_measured_was_not_shown_to_be_as_good(tmp_path: Path) -> None:
    after = inference_perf()
    after["successes"]["latency"]["time_to_first_token"] = None
    run = compared(tmp_path, inference_perf(), after)
    assert run.code == 1
    assert "no longer measured: time_to_first_token p50" in run.err
    assert compared(tmp_path, after, inference_perf()).code == 0  # measured more than before


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (inference_perf(requested_rate=1), inference_perf(requested_rate=2), "requested rate"),
        ({**vllm_bench(), "total_input_tokens": 90_000}, vllm_bench(), "tokens of a prompt"),
    ],
)
def test_different_loads_cannot_be_compared(
    before: Any, after: Any, said: str, tmp_path: Path
) -> None:
    run = compared(tmp_path, before, after)
    assert (run.code, run.out) == (2, "")
    assert "of different loads" in run.err and said in run.err


@pytest.mark.parametrize(
    "broken",
    [
        "", "{", "[]", "{}", "null", "[" * 100_000, '{"successes": 1}', '{"successes": {}}',
        '{"successes": {"count": 1.5}}', '{"successes": {"count": true}}',
        '{"successes": {"count": 0, "latency": {}}}', '{"request_throughput": "x"}',
        '{"successes": {"count": 3, "latency": {"request_latency": {"p90": NaN}}}}',
        '{"successes": {"count": -3, "latency": {"request_latency": {"p90": 1}}}}',
    ],
)  # fmt: skip
def test_what_is_no_result_is_a_usage_error(broken: str, tmp_path: Path) -> None:
    for pair in ((broken, inference_perf()), (inference_perf(), broken)):
        run = compared(tmp_path, *pair)
        assert (run.code, run.out) == (2, ""), run.err
        assert run.err.startswith("stackgen: ") and "Traceback" not in run.err


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    run = stackgen("benchmark", "compare", "a.json", "b.json", cwd=tmp_path)
    assert (run.code, run.out) == (2, "") and "a.json" in run.err


def _result(latency: float, throughput: float) -> Result:
    return Result(
        "a", {("request_latency", "p99"): latency}, {"requests_per_sec": throughput}, 1, 0, {}
    )


_POSITIVE = st.floats(0.001, 1e6)


@given(a=_POSITIVE, b=_POSITIVE, c=_POSITIVE, d=_POSITIVE, tolerance=st.floats(0, 1))
def test_worse_one_way_is_better_the_other(
    a: float, b: float, c: float, d: float, tolerance: float
) -> None:
    opposite = {"worse": "better", "better": "worse", "same": "same"}
    there = compare(_result(a, b), _result(c, d), tolerance)
    back = compare(_result(c, d), _result(a, b), tolerance)
    assert [opposite[row.verdict] for row in there] == [row.verdict for row in back]


def test_a_result_is_read_in_seconds(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(vllm_bench()))
    assert read_result(str(tmp_path / "a.json")).latency["time_to_first_token", "p50"] == 0.2
    with pytest.raises(UsageError, match="is not JSON"):
        (tmp_path / "b.json").write_text("x")
        read_result(str(tmp_path / "b.json"))
