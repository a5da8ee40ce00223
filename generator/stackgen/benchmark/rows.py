"""Rows of throughput.yaml from results: what the planner answers from afterwards."""

from __future__ import annotations

import math
from typing import Any

from stackgen.benchmark.results import ANSWER, CONCURRENCY, PROMPT, RATE, Result
from stackgen.errors import UsageError
from stackgen.escape import visible
from stackgen.plan.dimensions import model_id
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.throughput.points import BYTES
from stackgen.plan.throughput.speed import engine_of
from stackgen.record import record

_METRICS = {"ttft_ms": "time_to_first_token", "tpot_ms": "time_per_output_token"}
_FORMATS = ("bf16", "fp8", "int4")  # of several with the same size, the usual one
# More failures, and the other requests did not have the load that the report names.
MOST_FAILURES = 0.01


@record
class Run:
    """What a report does not say. servers: replicas that shared the load. cached: of the prompts.

    day: of the run, for reports without a date.
    """

    servers: int
    cached: float
    day: str


def row_of(result: Result, plan: Plan, model: ModelPlan, run: Run) -> tuple[str, dict[str, Any]]:
    """Name and content of the row of a result, measured on a model of the plan.

    Raises UsageError for a result that no row can be made from, and for one of another model.
    """
    file, load = visible(result.file), result.load
    identity = model_id(model.spec.model.value)
    if result.model and result.model not in (identity, model.served_name.value):
        raise UsageError(
            f"{file}: measures {visible(result.model)}; {model.spec.name.value} serves {identity}"
        )
    if result.failures > MOST_FAILURES * result.requests:
        raise UsageError(f"{file}: {result.failures} of {result.requests} requests failed")
    tokens = result.throughput.get("output_tokens_per_sec")
    # A summary of inference-perf over its stages has no rate: the rate that was achieved.
    rate = load.get(RATE) or (
        None if CONCURRENCY in load else result.throughput.get("requests_per_sec")
    )
    missing = [name for name in (PROMPT, ANSWER) if not load.get(name)]
    if not tokens:
        missing.append("output tokens per second")
    if not rate and CONCURRENCY not in load:
        missing.append("rate or concurrency")
    if missing:
        raise UsageError(f"{file}: does not say {', '.join(missing)}")
    size, hbm, devices = model.server.size, model.server.hbm, model.server.devices
    if hbm is None or size.params is None:
        raise UsageError(f"{model.spec.name.value}: the size of its model is not known")
    engine, version = engine_of(model.server.image.value, devices.kind, plan.catalog)
    sent = {"requests_per_second": _short(rate)} if rate else {"concurrency": _concurrency(load)}
    row: dict[str, Any] = {
        "engine": engine,
        **({"version": version} if version else {}),
        "weights": _format(hbm.weights.value * 2**30 / size.params.value),
        "kv_cache": _format(hbm.given.kv_bytes_per_element),
        "input_tokens": _short(load[PROMPT]),
        "output_tokens": _short(load[ANSWER]),
        **sent,
    }
    cached = run.cached or result.cached
    if cached:
        row["cached_share"] = _short(cached)
    if run.servers > 1:
        row["servers"] = run.servers
    if model.server.concurrency is not None:
        row["max_num_seqs"] = model.server.concurrency.value
    row["output_tokens_per_second"] = _short(tokens or 0.0)
    for field, metric in _METRICS.items():
        at = {
            p: _short(1000 * s) for (name, p), s in result.latency.items() if name == metric and s
        }
        if at:
            row[field] = at
    row["source"] = f"measured with {result.tool}: {file}"
    row["as_of"] = result.day or run.day
    name = "-".join([
        version or "unknown", f"{load[PROMPT]:.0f}", f"{load[ANSWER]:.0f}",
        f"r{_short(rate)}" if rate else f"c{_concurrency(load)}", row["as_of"],
    ])  # fmt: skip
    chips = model.server.spread.chips.value
    return f"{identity}/{devices.accelerator.value}-{chips}/{name}", row


def _concurrency(load: Any) -> float | int | str:
    found = load[CONCURRENCY]
    return "unlimited" if math.isinf(found) else _short(found)


def _format(size: float) -> str:
    """The number format of so many bytes."""
    return min(_FORMATS, key=lambda name: abs(math.log(BYTES[name] / size)))


def _short(value: float) -> float | int:
    number = float(f"{value:.6g}")
    return int(number) if number.is_integer() else number
