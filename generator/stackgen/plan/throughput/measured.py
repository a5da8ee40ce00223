"""The measured points of a server, as anchors of its speed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed
from stackgen.plan.throughput.anchors import Anchor
from stackgen.plan.throughput.load import SHARES, Load, Service, Speed, tpot, ttft
from stackgen.plan.throughput.points import Point, points
from stackgen.plan.throughput.roofline import Constants, Server, prompt_s, request_s, slots

_READ = (
    "input_tokens", "output_tokens", "concurrency", "requests_per_second",
    "output_tokens_per_second",
)  # fmt: skip
# Below this share of the requests that were sent, the server was at full load.
_ANSWERED = 0.95
_NEAR = 0.2  # quantized weights have some parts in another format


def comparable(
    catalog: Catalog, model: str, accelerator: str, chips: int, engine: str, weights: float,
    element: float,
) -> list[Point]:  # fmt: skip
    """The measurements of a server: model, chips, engine and number formats are the same.

    weights, element: bytes of a parameter and of a cached number. Of several of one version with
    the same lengths and load, the newest.
    """
    last: dict[Any, Point] = {}
    mine = [p for p in points(catalog, model) if is_measurement(p)]
    for point in sorted(mine, key=lambda p: (p.row.as_of, p.version)):
        alike = (point.accelerator, point.chips, point.engine) == (accelerator, chips, engine)
        if alike and abs(point.weights / weights - 1) < _NEAR and point.element == element:
            last[point.version, point.lengths, point.concurrency, point.rate] = point
    return list(last.values())


def newest(found: Sequence[Point]) -> list[Point]:
    """Of points of several versions with the same lengths and load, the newest."""
    kept = {(p.lengths, p.concurrency, p.rate): p for p in sorted(found, key=lambda p: p.row.as_of)}
    return list(kept.values())


def is_measurement(point: Point) -> bool:
    """Whether the point is a figure of a run whose conditions are known."""
    sure = point.row.mark("output_tokens_per_second") != "UNVERIFIED"
    made = point.lengths.output > 0
    return made and sure and not point.left_out and not point.row.data.get("floor", False)


def traced_anchor(
    point: Point, server: Traced[Server], constants: Traced[Constants], chunk: Traced[int]
) -> Traced[Anchor] | None:
    """The point against the roofline; None where the row has neither throughput nor TPOT."""
    made = anchor(point, server.value, constants.value, chunk.value)
    if made is None:
        return None
    inputs = [value for field in _READ if (value := point.row.get(field)) is not None]
    inputs += [
        point.row.value(field, at)
        for field in ("ttft_ms", "tpot_ms") for at in point.row.data.get(field, {})
    ]  # fmt: skip
    return computed(
        "measured / computed", made.label, lambda *_: made, server, constants, chunk, inputs
    )


def anchor(point: Point, server: Server, constants: Constants, chunk: int) -> Anchor | None:
    """The ratios of a point. How many sequences ran follows from what was measured."""
    lengths = point.lengths
    found = _ran(point, server, constants)
    if found is None:
        return None
    running, seconds = found
    ratios: dict[str, Mapping[str, float]] = {
        "request": {"mean": seconds / request_s(server, lengths, running, constants)}
    }
    closed = not point.rate
    load = Load(0.0, point.concurrency) if closed else Load(point.rate, 0.0)
    full = running / slots(server, lengths)
    service = Service(load, running, running / seconds, min(full, 0.95) if point.rate else full)
    bare = Speed(server, lengths, constants, chunk)
    if not math.isinf(load.users):
        first = "ttft_users" if closed else "ttft_rate"
        for name, measured, modelled in (("tpot", point.tpot, tpot), (first, point.ttft, ttft)):
            if measured:
                ratios[name] = {
                    at: s / modelled(bare, service, at if at in SHARES else "p50")
                    for at, s in measured.items()
                }
    sent = f"{running:.0f} sequences" if closed else f"{point.rate:g} requests/s"
    label = f"{sent}, {lengths.input:g} + {lengths.output:g} tokens"
    if lengths.cached:
        label += f", {lengths.cached:.0%} of the prompt cached"
    return Anchor(lengths, running, ratios, f"{label}, {point.row.as_of}")


def _ran(point: Point, server: Server, constants: Constants) -> tuple[float, float] | None:
    """Running sequences, and seconds of a request."""
    lengths, most = point.lengths, slots(server, point.lengths)
    answered = point.tokens_per_s / lengths.output
    if point.rate and (not answered or answered >= _ANSWERED * point.rate):
        each = point.tpot.get("mean") or point.tpot.get("p50")
        if each is None:
            return None
        seconds = lengths.output * each + constants.slower * prompt_s(server, lengths, constants)
        return min(most, point.rate * seconds), seconds
    if not answered:
        return None
    running = most if point.rate else min(point.concurrency, most)
    return running, running / answered


def versions(found: Sequence[Point]) -> str:
    """The versions of the engine that points are of, for people."""
    return ", ".join(dict.fromkeys(p.version or "an unknown version" for p in found))
