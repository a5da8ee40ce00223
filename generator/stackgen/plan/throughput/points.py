"""Measured points: rows of throughput.yaml, and the servers that they were measured on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.plan.fit import GIB, GPU_LANES, TPU_LANES, cached_tokens, kv_bytes_per_token
from stackgen.plan.throughput.roofline import (
    Constants,
    Lengths,
    Server,
    request_s,
    slots,
    tokens_per_s,
)
from stackgen.record import record
from stackgen.spec.kv_layers import KvGroup

# Bytes of a number, by what rows call its format.
BYTES: Mapping[str, float] = {
    "fp32": 4, "bf16": 2, "fp16": 2, "fp8": 1, "int8": 1, "int4": 0.5, "fp4": 0.5,
}  # fmt: skip
# The planner's own arithmetic of memory, for the engines of the published points.
_MEMORY = "tpu-memory-jax-0.20"


@record
class Point:
    """One run. concurrency: of one server, infinite when all requests came at the same time.

    rate: requests a second of one server, where the rate was fixed. weights, element: bytes of a
    parameter and of a cached number; 0 when not known. tokens_per_s: output tokens of one server;
    0 when not known. ttft, tpot: seconds by percentile (`p90`), or `mean`.
    """

    row: Row
    model: str
    accelerator: str
    chips: int
    engine: str
    version: str
    weights: float
    element: float
    lengths: Lengths
    concurrency: float
    rate: float
    max_num_seqs: int
    tokens_per_s: float
    ttft: Mapping[str, float]
    tpot: Mapping[str, float]

    @property
    def left_out(self) -> str:
        """Why no roofline can be compared with it; empty when one can."""
        said = str(self.row.data.get("left_out", ""))
        return said or ("" if self.weights and self.element else "its number format is not known")


def point_of(row: Row) -> Point:
    """The point of a row."""
    data = row.data
    servers = data.get("servers", 1)
    sent = data.get("concurrency", math.inf)
    in_s = {
        name: {at: ms / 1000 for at, ms in data.get(f"{name}_ms", {}).items()}
        for name in ("ttft", "tpot")
    }
    return Point(
        row, data["model"], data["accelerator"], int(data["chips"]), data["engine"],
        str(data.get("version", "")), BYTES.get(data.get("weights", ""), 0.0),
        BYTES.get(data.get("kv_cache", ""), 0.0),
        Lengths(data["input_tokens"], data["output_tokens"], data.get("cached_share", 0.0)),
        math.inf if sent == "unlimited" else sent / servers,
        data.get("requests_per_second", 0.0) / servers, data.get("max_num_seqs", 0),
        data.get("output_tokens_per_second", 0.0) / servers, in_s["ttft"], in_s["tpot"],
    )  # fmt: skip


def points(catalog: Catalog, model: str = "") -> Iterator[Point]:
    """Every point, or those of one model, in the order of the file."""
    for name in catalog.names("throughput"):
        row = (
            catalog.row("throughput", name)
            if name.startswith(f"{model}/" if model else "")
            else None
        )
        if row is not None and (not model or row.data["model"] == model):
            yield point_of(row)


def server_at(point: Point, catalog: Catalog) -> Server | str:
    """The server of a point; or why it is not known."""
    if point.left_out:
        return point.left_out
    model, chip = catalog.model(point.model), catalog.accelerator(point.accelerator)
    if model is None:
        return f"the catalog has no model {point.model}"
    size = model.data
    if chip is None or not all(chip.data.get(f) for f in ("hbm_gb_per_s", "bf16_tflops")):
        return f"the catalog has no bandwidth or no peak of {point.accelerator}"
    tpu = chip.data["kind"] == "tpu"
    devices = point.chips * chip.data.get("jax_devices_per_chip", 1)
    groups = [KvGroup(**group) for group in size.get("kv_groups", ())] or [
        KvGroup(size["layers"], size["kv_heads"], size["head_dim"])
    ]
    per_token = kv_bytes_per_token(
        groups, size["layers"], devices, 1, point.element, TPU_LANES if tpu else GPU_LANES
    )
    weights = size["params"] * point.weights
    usable = chip.data.get("hbm_usable_gib", chip.data["hbm_gb"] * 1e9 / GIB)
    share = catalog.sizing(_MEMORY).data["utilisation"]
    return Server(
        point.chips, chip.data["hbm_gb_per_s"] * 1e9, peak(chip, point.weights), weights,
        size["params"], size.get("active_params", size["params"]), size["layers"],
        size["attention_heads"] * size["head_dim"], per_token,
        cached_tokens(point.chips * usable * share - weights / GIB, per_token),
        point.max_num_seqs or default_max_num_seqs(point.engine, catalog),
    )  # fmt: skip


def peak(chip: Row, weights: float) -> float:
    """Operations a second of one chip with weights of so many bytes a parameter."""
    fp8 = chip.data.get("fp8_tflops")
    tflops = fp8 if fp8 and 0 < weights <= 1 else chip.data["bf16_tflops"]
    return float(tflops) * 1e12


def default_max_num_seqs(engine: str, catalog: Catalog) -> int:
    """How many sequences the engine runs at the same time, unless it is told."""
    table = catalog.roofline("engines").data["max_num_seqs"]
    return int(table.get(engine, table["other"]))


def running(point: Point, server: Server, constants: Constants) -> float:
    """Sequences that run at the same time in a point."""
    most = slots(server, point.lengths)
    if not point.rate:
        return min(point.concurrency, most)
    return at_rate(server, point.lengths, point.rate, constants) or most


def at_rate(server: Server, lengths: Lengths, rate: float, constants: Constants) -> float | None:
    """Sequences that run at the same time at a rate of requests a second; None above capacity."""
    low, high = 0.0, slots(server, lengths)
    if high <= 0 or rate * request_s(server, lengths, high, constants) > high:
        return None
    for _ in range(50):
        middle = (low + high) / 2
        if rate * request_s(server, lengths, middle, constants) > middle:
            low = middle
        else:
            high = middle
    return high


def predicted(point: Point, server: Server, constants: Constants) -> float:
    """Output tokens a second of one server, as the roofline has them."""
    if point.rate and at_rate(server, point.lengths, point.rate, constants) is not None:
        return point.rate * point.lengths.output
    return tokens_per_s(server, point.lengths, running(point, server, constants), constants)
