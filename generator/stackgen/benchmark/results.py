"""Results of a benchmark: read from the reports of inference-perf and `vllm bench serve`."""

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


@record
class Result:
    """What was measured.

    latency: seconds by metric and percentile (`p90`). throughput: per second, by metric. requests,
    failures: counts. load: what the requests were: mean tokens of prompts and answers, and the
    requested rate, where the report says them.
    """

    file: str
    latency: Mapping[tuple[str, str], float]
    throughput: Mapping[str, float]
    requests: int
    failures: int
    load: Mapping[str, float]


@lru_cache(maxsize=1)
def tools() -> Mapping[str, Any]:
    """The rows of `tools.yaml`."""
    found: Mapping[str, Any] = shipped(__file__, "tools.yaml")
    return found


def read_result(file: str) -> Result:
    """The result in a file. Raises UsageError for what is not a report of a known tool."""
    data = json_in.load(read_text(file), visible(file))
    if isinstance(data, dict) and isinstance(data.get("successes"), dict):
        return _inference_perf(file, data)
    if isinstance(data, dict) and "request_throughput" in data:
        return _vllm(file, data)
    raise UsageError(
        f"{visible(file)}: is neither a summary of inference-perf (successes) nor a result of "
        "vllm bench serve (request_throughput)"
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
    throughput = _numbers(successes.get("throughput"), facts["throughput"])
    failures = _object(data.get("failures"))
    load = {
        "tokens of a prompt": _number(_object(successes.get("prompt_len")).get("mean")),
        "requested rate": _number(_object(data.get("load_summary")).get("requested_rate")),
    }
    return Result(
        file,
        latency,
        throughput,
        _count(successes.get("count"), file) + _count(failures.get("count", 0), file),
        _count(failures.get("count", 0), file),
        {name: value for name, value in load.items() if value is not None},
    )


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
    load = {"requested rate": _number(data.get("request_rate"))}
    tokens = _number(data.get("total_input_tokens"))
    if tokens is not None and completed:
        load["tokens of a prompt"] = tokens / completed
    return Result(
        file,
        latency,
        {facts["throughput"][name]: value for name, value in named.items()},
        wanted,
        max(0, wanted - completed),
        {name: value for name, value in load.items() if value is not None},
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float | None:
    """A finite number that is not negative, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def _numbers(data: Any, names: Any) -> dict[str, float]:
    found = {name: _number(_object(data).get(name)) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _count(value: Any, file: str) -> int:
    number = _number(value)
    if number is None or number != int(number):
        raise UsageError(f"{visible(file)}: has no number of requests")
    return int(number)
