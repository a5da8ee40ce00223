"""Reports in the forms of the tools, with figures of our own."""

from __future__ import annotations

import copy
from typing import Any

STATS = {
    "mean": 0.2, "min": 0.1, "p1": 0.1, "median": 0.2, "p90": 0.3, "p95": 0.4, "p99": 0.5,
    "max": 0.6,
}  # fmt: skip


def inference_perf(slower: float = 1.0, failures: int = 0, **load: Any) -> dict[str, Any]:
    """A summary of inference-perf. slower: what latencies are multiplied with."""
    stats = {name: value * slower for name, value in STATS.items()}
    latency = {
        "request_latency": {name: 10 * value for name, value in stats.items()},
        "normalized_time_per_output_token": dict(stats),
        "time_per_output_token": {name: value / 10 for name, value in stats.items()},
        "time_to_first_token": dict(stats),
        "inter_token_latency": {name: value / 10 for name, value in stats.items()},
    }
    return copy.deepcopy({
        "load_summary": {"count": 120, **load},
        "successes": {
            "count": 120 - failures, "latency": latency,
            "throughput": {
                "input_tokens_per_sec": 500 / slower, "output_tokens_per_sec": 120 / slower,
                "total_tokens_per_sec": 620 / slower, "requests_per_sec": 1 / slower,
            },
            "prompt_len": {"mean": 512.0, "median": 512.0},
            "output_len": {"mean": 128.0, "median": 128.0},
        },
        "failures": {"count": failures, "request_latency": None, "prompt_len": None},
    })  # fmt: skip


def newer(report: dict[str, Any]) -> dict[str, Any]:
    """The same report with the percentiles in a map of their own."""
    found = copy.deepcopy(report)
    for name, stats in found["successes"]["latency"].items():
        named = {"p50" if key == "median" else key: value for key, value in stats.items()}
        percentiles = {key: value for key, value in named.items() if key.startswith("p")}
        mean = stats["mean"]
        found["successes"]["latency"][name] = {"mean": mean, "percentiles": percentiles}
    return found


def vllm_bench(slower: float = 1.0, completed: int = 100) -> dict[str, Any]:
    """A result of `vllm bench serve --save-result`."""
    found: dict[str, Any] = {
        "num_prompts": 100, "completed": completed, "request_rate": 1.0,
        "total_input_tokens": 512 * completed, "request_throughput": 1 / slower,
        "output_throughput": 120 / slower,
    }  # fmt: skip
    for short in ("ttft", "tpot", "itl", "e2el"):
        for name, value in (("mean", 200), ("median", 200), ("p99", 500)):
            found[f"{name}_{short}_ms"] = value * slower
    return found
