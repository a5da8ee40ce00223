"""Results of a benchmark, read from the reports of the tools that measure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from stackgen.errors import UsageError
from stackgen.escape import visible
from stackgen.manifest import json_in
from stackgen.manifest.shipped import shipped
from stackgen.reading import read_text
from stackgen.record import record

MOST = 1000  # benchmarks of a report that are read


@record
class Result:
    """What was measured.

    latency: seconds by metric and percentile (`p90`). throughput: per second, by metric. requests,
    failures: counts. load: what the requests were, as far as the report says: mean tokens of
    prompts and answers, the requested rate, and the concurrency, infinite without a limit.
    tool: which one wrote the report. model: as the report names it. cached: share of the prompts
    that was cached. day: of the run, `2026-11-29`. All of these are
    "" or None if not reported.
    """

    file: str
    latency: Mapping[tuple[str, str], float]
    throughput: Mapping[str, float]
    requests: int
    failures: int
    load: Mapping[str, float]
    tool: str = ""
    model: str = ""
    cached: float | None = None
    day: str = ""


PROMPT, ANSWER = "tokens of a prompt", "tokens of an answer"
RATE, CONCURRENCY = "requested rate", "concurrency"


@lru_cache(maxsize=1)
def tools() -> Mapping[str, Any]:
    """The rows of `tools.yaml`."""
    found: Mapping[str, Any] = shipped(__file__, "tools.yaml")
    return found


def read_result(file: str) -> Result:
    """The result in a file. Raises UsageError for what is not one report of a known tool."""
    found = read_results(file)
    if len(found) > 1:
        raise UsageError(f"{visible(file)}: has {len(found)} benchmarks; compare files with one")
    return found[0]


def read_results(file: str) -> list[Result]:
    """The results in a file, one at least. Raises UsageError for what is not a report."""
    data = json_in.load(read_text(file), visible(file))
    if isinstance(data, dict) and isinstance(data.get("successes"), dict):
        return [_inference_perf(file, data)]
    if isinstance(data, dict) and "request_throughput" in data:
        return [_vllm(file, data)]
    if isinstance(data, dict) and isinstance(data.get("benchmarks"), list) and data["benchmarks"]:
        return [_guidellm(file, _object(one)) for one in data["benchmarks"][:MOST]]
    raise UsageError(
        f"{visible(file)}: is neither a report of inference-perf (successes), nor a result of "
        "vllm bench serve (request_throughput), nor a report of guidellm (benchmarks)"
    )


def _inference_perf(file: str, data: Mapping[str, Any]) -> Result:
    facts = tools()["inference-perf"]
    successes = data["successes"]
    latency = {}
    for metric in facts["latency"]:
        stats = _object(_object(successes.get("latency")).get(metric))
        # Newer reports have a map of percentiles.
        inner = {**stats, **_object(stats.get("percentiles"))}
        for name, key in facts["percentiles"].items():
            value = _number(inner.get(key, inner.get(name)))
            if value is not None:
                latency[metric, name] = value
    failures = _object(data.get("failures"))
    # Newer reports count the tokens that the server reports.
    prompt = _object(successes.get("prompt_tokens")) or _object(successes.get("prompt_len"))
    answer = _object(successes.get("output_tokens")) or _object(successes.get("output_len"))
    sent = _object(data.get("load_summary"))
    concurrency = _number(sent.get("concurrency"))
    total, cached = _number(prompt.get("total")), _number(prompt.get("cached"))
    return Result(
        file,
        latency,
        _numbers(successes.get("throughput"), facts["throughput"]),
        _count(successes.get("count"), file) + _count(failures.get("count", 0), file),
        _count(failures.get("count", 0), file),
        _known({
            PROMPT: _number(prompt.get("mean")), ANSWER: _number(answer.get("mean")),
            RATE: None if concurrency else _number(sent.get("requested_rate")),
            CONCURRENCY: concurrency,
        }),
        "inference-perf",
        cached=min(1.0, cached / total) if total and cached is not None else None,
    )  # fmt: skip


def _vllm(file: str, data: Mapping[str, Any]) -> Result:
    facts = tools()["vllm-bench"]
    latency = {}
    for short, metric in facts["latency"].items():
        for name in tools()["inference-perf"]["percentiles"]:
            keys = [f"{name}_{short}_ms", *([f"median_{short}_ms"] if name == "p50" else [])]
            values = [v for v in (_number(data.get(key)) for key in keys) if v is not None]
            if values:
                latency[metric, name] = values[0] / 1000
    named = _numbers(data, facts["throughput"])
    completed = _count(data.get("completed"), file)
    wanted = _count(data.get("num_prompts", completed), file)
    limit, unlimited = _number(data.get("max_concurrency")), data.get("request_rate") == "inf"
    day = str(data.get("date", ""))[:8]
    return Result(
        file,
        latency,
        {facts["throughput"][name]: value for name, value in named.items()},
        wanted,
        max(0, wanted - completed),
        _known({
            PROMPT: _mean(data.get("total_input_tokens"), completed),
            ANSWER: _mean(data.get("total_output_tokens"), completed),
            RATE: _number(data.get("request_rate")),
            CONCURRENCY: limit or math.inf if unlimited else None,
        }),
        "vllm bench serve",
        model=_text(data.get("model_id")),
        day=f"{day[:4]}-{day[4:6]}-{day[6:]}" if day.isdigit() and len(day) == 8 else "",
    )  # fmt: skip


def _guidellm(file: str, data: Mapping[str, Any]) -> Result:
    facts, metrics = tools()["guidellm"], _object(data.get("metrics"))

    def of(metric: str) -> Mapping[str, Any]:
        return _object(_object(metrics.get(metric)).get("successful"))

    latency = {}
    for metric, name in facts["latency"].items():
        unit = 1000 if metric in facts["ms"] else 1
        for at in tools()["inference-perf"]["percentiles"]:
            value = _number(_object(of(metric).get("percentiles")).get(at))
            if value is not None:
                latency[name, at] = value / unit
    means = {name: _number(of(metric).get("mean")) for metric, name in facts["throughput"].items()}
    totals = {
        name: _count(_object(metrics.get("request_totals")).get(name, 0), file)
        for name in ("successful", "errored")
    }
    config = _object(data.get("config")) or _object(data.get("args"))
    strategy = _object(config.get("strategy"))
    return Result(
        file,
        latency,
        _known(means),
        totals["successful"] + totals["errored"],
        totals["errored"],
        _known({
            PROMPT: _number(of("prompt_token_count").get("mean")),
            ANSWER: _number(of("output_token_count").get("mean")),
            **_strategy(strategy, file),
        }),
        "guidellm",
        model=_text(_object(config.get("backend")).get("model")),
    )  # fmt: skip


def _strategy(strategy: Mapping[str, Any], file: str) -> dict[str, float | None]:
    """How guidellm sent its requests."""
    kind, rate = strategy.get("type_"), _number(strategy.get("rate"))
    if kind == "synchronous":
        return {CONCURRENCY: 1.0}
    if kind == "concurrent":
        return {CONCURRENCY: _number(strategy.get("streams"))}
    if kind == "throughput":
        return {CONCURRENCY: _number(strategy.get("max_concurrency")) or math.inf}
    if kind in ("constant", "poisson") and rate:
        return {RATE: rate}
    raise UsageError(
        f"{visible(file)}: the strategy {visible(str(kind))} has no rate and no streams"
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float | None:
    """A finite number that is not negative, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def _known(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}


def _mean(total: Any, count: int) -> float | None:
    number = _number(total)
    return number / count if number is not None and count else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _numbers(data: Any, names: Any) -> dict[str, float]:
    return _known({name: _number(_object(data).get(name)) for name in names})


def _count(value: Any, file: str) -> int:
    number = _number(value)
    if number is None or number != int(number):
        raise UsageError(f"{visible(file)}: has no number of requests")
    return int(number)
