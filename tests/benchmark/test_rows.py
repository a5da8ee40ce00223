"""`stackgen benchmark record`: a result becomes a row, and the plan then answers from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackgen.benchmark.job import load_of
from stackgen.benchmark.results import Result, read_results
from stackgen.benchmark.rows import Run, row_of
from stackgen.catalog.validate import problems_of
from stackgen.errors import UsageError
from stackgen.manifest.yaml_out import dump
from stackgen.plan.estimate import estimate
from stackgen.plan.model import Plan
from stackgen.plan.throughput.figures import Performance
from tests.benchmark.reports import guidellm, inference_perf, vllm_bench
from tests.checks.planned import compiled_of

TRAFFIC = "traffic: {%s, inputTokens: 512, outputTokens: 128}"
OVERLAY = "spec: {serving: {models: [{name: chat, %s}]}}"


def planned(load: str = "requestsPerSecond: 1", rows: Mapping[str, str] | None = None) -> Plan:
    compiled = compiled_of(OVERLAY % (TRAFFIC % load), rows=rows)
    assert compiled.plan is not None, [f.message for f in compiled.findings]
    return compiled.plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned()


def results(folder: Path, report: Any) -> list[Result]:
    file = folder / "result.json"
    file.write_text(json.dumps(report), encoding="utf-8")
    return read_results(str(file))


def recorded(folder: Path, report: Any, plan: Plan, **run: Any) -> tuple[str, dict[str, Any]]:
    (result,) = results(folder, report)
    given = {"servers": 1, "cached": 0.0, "day": "2026-11-29", **run}
    return row_of(result, plan, plan.models[0], Run(**given))


def bench(**fields: Any) -> dict[str, Any]:
    return {
        **vllm_bench(), "total_output_tokens": 12_800, "model_id": "Qwen/Qwen2.5-3B-Instruct",
        "date": "20261105-101500", **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("report", "load"),
    [
        (inference_perf(requested_rate=1.0), {"requests_per_second": 1}),
        (inference_perf(requested_rate=9.0, concurrency=16), {"concurrency": 16}),
        (inference_perf(), {"requests_per_second": 1}),
        (bench(), {"requests_per_second": 1}),
        (bench(request_rate="inf", max_concurrency=32), {"concurrency": 32}),
        (bench(request_rate="inf", max_concurrency=None), {"concurrency": "unlimited"}),
        (guidellm(), {"requests_per_second": 1}),
        (guidellm(type_="constant", rate=2.5), {"requests_per_second": 2.5}),
        (guidellm(type_="concurrent", streams=8), {"concurrency": 8}),
        (guidellm(type_="synchronous"), {"concurrency": 1}),
        (guidellm(type_="throughput", max_concurrency=None), {"concurrency": "unlimited"}),
    ],
)
def test_a_report_becomes_a_row(
    report: Any, load: dict[str, Any], plan: Plan, tmp_path: Path
) -> None:
    name, row = recorded(tmp_path, report, plan)
    assert name.startswith("Qwen/Qwen2.5-3B-Instruct/v6e-1/")
    assert {key: row[key] for key in load} == load
    assert not {"concurrency", "requests_per_second"} - set(load) & set(row)
    assert (row["input_tokens"], row["output_tokens"]) == (512, 128)
    assert row["output_tokens_per_second"] == 120
    assert (row["ttft_ms"]["p50"], row["tpot_ms"]["p50"]) in {(200, 20), (200, 200)}
    assert (row["engine"], row["weights"], row["kv_cache"]) == ("vllm-tpu", "bf16", "bf16")
    text = dump({name: row})
    assert problems_of("throughput", yaml.safe_load(text)) == []


def test_the_day_of_the_report_goes_before_today(plan: Plan, tmp_path: Path) -> None:
    assert recorded(tmp_path, bench(), plan)[1]["as_of"] == "2026-11-05"
    assert recorded(tmp_path, guidellm(), plan)[1]["as_of"] == "2026-11-29"


def test_what_the_server_says_of_the_cache_is_recorded(plan: Plan, tmp_path: Path) -> None:
    report = inference_perf(requested_rate=1.0)
    report["successes"]["prompt_tokens"] = {"mean": 512.0, "total": 1000.0, "cached": 250.0}
    assert recorded(tmp_path, report, plan)[1]["cached_share"] == 0.25
    assert recorded(tmp_path, report, plan, cached=0.5)[1]["cached_share"] == 0.5


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (bench(model_id="acme/other"), "measures acme/other; chat serves Qwen/Qwen2.5-3B"),
        (bench(completed=90), "10 of 100 requests failed"),
        (bench(output_throughput=None), "does not say output tokens per second"),
        (bench(total_output_tokens=None), "does not say tokens of an answer"),
        (bench(request_rate=None, request_throughput=None), "does not say rate or concurrency"),
        (guidellm(type_="replay"), "the strategy replay has no rate and no streams"),
        ({"benchmarks": []}, "is neither a report of inference-perf"),
        ([1], "is neither a report of inference-perf"),
    ],
)
def test_what_no_row_can_be_made_from_is_refused(
    report: Any, why: str, plan: Plan, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=why):
        recorded(tmp_path, report, plan)


def test_the_plan_answers_from_what_was_recorded(plan: Plan, tmp_path: Path) -> None:
    name, row = recorded(tmp_path, guidellm(slower=2.0, type_="concurrent", streams=16), plan)
    rows = {"throughput.yaml": dump({name: row})}
    served = planned("users: 16", rows)
    (figures,) = estimate(served, served.catalog).traffic
    assert isinstance(figures, Performance)
    assert figures.tokens.basis.kind == "measured"
    assert figures.tokens.value.value == pytest.approx(60)
    at = {key: figure.value.value for key, figure in figures.latencies.items()}
    assert at == {
        ("ttft", "p50"): pytest.approx(0.4), ("ttft", "p95"): pytest.approx(0.8),
        ("tpot", "p50"): pytest.approx(0.04), ("tpot", "p95"): pytest.approx(0.08),
    }  # fmt: skip
    # The machine is slower than the published ones: so is everything about it.
    (usual,) = estimate(planned("users: 16"), plan.catalog).traffic
    assert isinstance(usual, Performance)
    assert figures.full.value.value is not None and usual.full.value.value is not None
    assert figures.full.value.value < usual.full.value.value / 2


def test_a_row_of_an_accelerator_that_there_is_not_is_found() -> None:
    text = (
        "acme/m/v6f-4/x:\n  {engine: vllm-tpu, input_tokens: 1, output_tokens: 1, source: a, "
        'as_of: "2026-11-29"}\n'
    )
    found = compiled_of(OVERLAY % "replicas: 1", rows={"throughput.yaml": text}).findings
    (message,) = (f.message for f in found if f.rule.id == "catalog-row")
    assert "the catalog has no accelerator v6f: did you mean v6e?" in message


def test_the_job_measures_the_traffic_of_the_model_unless_told_otherwise() -> None:
    traffic = planned("requestsPerSecond: 7").models[0].spec.traffic
    load = load_of(traffic, None, 60, None, None)
    assert (load.rate, load.prompt, load.answer, load.seconds) == (7, 512, 128, 60)
    typed = load_of(traffic, 3.0, 60, 100, 9)
    assert (typed.rate, typed.prompt, typed.answer) == (3, 100, 9)
