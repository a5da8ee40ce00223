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


def guidellm(slower: float = 1.0, **strategy: Any) -> dict[str, Any]:
    """A report of guidellm with one benchmark."""

    def stats(mean: float) -> dict[str, Any]:
        at = {"p50": mean, "p90": 1.5 * mean, "p95": 2 * mean, "p99": 3 * mean}
        return {"successful": {"mean": mean, "median": mean, "count": 100, "percentiles": at}}

    metrics: dict[str, Any] = {
        "request_totals": {"successful": 100, "errored": 0, "incomplete": 0, "total": 100},
        "requests_per_second": stats(1 / slower),
        "output_tokens_per_second": stats(120 / slower),
        "time_to_first_token_ms": stats(200 * slower),
        "time_per_output_token_ms": stats(900),
        "inter_token_latency_ms": stats(20 * slower),
        "request_latency": stats(2.0 * slower),
        "prompt_token_count": stats(512),
        "output_token_count": stats(128),
    }
    sent = strategy or {"type_": "poisson", "rate": 1.0}
    config = {"strategy": sent, "backend": {"model": "Qwen/Qwen2.5-3B-Instruct"}}
    return {"metadata": {"version": 2}, "benchmarks": [{"config": config, "metrics": metrics}]}
