"""Prefill and decode apart in a plan: the numbers of servers, and what moves between them."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import TYPE_CHECKING, Any

from stackgen.plan.autoscaling import bounds
from stackgen.plan.model import ModelPlan
from stackgen.plan.throughput.durations import in_words
from stackgen.report.plan_facts import UNKNOWN, Planned

if TYPE_CHECKING:
    from stackgen.plan.throughput.figures import Performance

HEAD = ("PREFILL:DECODE", "SERVERS", "NEEDED", "RATIO", "LOAD", "GIB/PROMPT", "GBIT/S", "MOVED")
ABOUT = (
    "Needed: the fewest servers of each role that hold traffic and SLO: prefill holds TTFT, decode "
    "holds TPOT. Ratio: of those. Load: of a server of each role. GiB/prompt: KV cache that moves "
    "from prefill to decode. Moved: the shortest time of that, by the network of the machines, "
    "which is in TTFT; unknown: it is not. UNVERIFIED: no run of prefill and decode "
    "apart is published for these figures."
)


def rows(planned: Planned) -> list[tuple[str, ...]]:
    """A row for each model with prefill servers."""
    return [
        (decode.spec.name.value, *_cells(planned, decode, prefill, pair))
        for decode, prefill, pair in _split(planned)
    ]


def _split(
    planned: Planned,
) -> Iterator[tuple[ModelPlan, ModelPlan, tuple[Performance, Performance] | None]]:
    """Decode, prefill, and the figures of prefill and decode where both are known."""
    servers = planned.plan.servers
    found = dict(zip((s.spec.name.value for s in servers), planned.estimate.traffic, strict=True))
    for decode in planned.plan.models:
        if decode.prefill is None:
            continue
        pair = [found[one.spec.name.value] for one in (decode.prefill, decode)]
        known = [one for one in pair if one is not None and not isinstance(one, str)]
        yield decode, decode.prefill, (known[0], known[1]) if len(known) == 2 else None


def _cells(
    planned: Planned, decode: ModelPlan, prefill: ModelPlan,
    pair: tuple[Performance, Performance] | None,
) -> tuple[str, ...]:  # fmt: skip
    servers = f"{bounds(prefill.spec)}:{bounds(decode.spec)}"
    if pair is None:
        return (servers, *[UNKNOWN] * (len(HEAD) - 2))
    needed = [one.needed.value.value for one in pair]
    loads = [one.utilization.value.value for one in pair]
    moved, rate, seconds = transfer(planned, decode, prefill, pair)
    return (
        servers,
        ":".join(UNKNOWN if n is None else f"{n:g}" for n in needed),
        ratio(*needed) or UNKNOWN,
        ":".join(UNKNOWN if load is None else f"{load:.0%}" for load in loads),
        UNKNOWN if moved is None else f"{moved:.2g}",
        UNKNOWN if rate is None else f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}",
        UNKNOWN if seconds is None else in_words(seconds),
    )


def ratio(prefill: float | None, decode: float | None) -> str:
    """`2:1`, in the smallest whole numbers; "" where one is not known."""
    if not prefill or not decode:
        return ""
    common = gcd(int(prefill), int(decode))
    return f"{int(prefill) // common}:{int(decode) // common}"


def transfer(
    planned: Planned, decode: ModelPlan, prefill: ModelPlan, pair: tuple[Performance, Performance]
) -> tuple[float | None, float | None, float | None]:
    """GiB of the KV cache of a prompt, Gbit/s of all prompts, and the shortest seconds of one; None
    where not known.
    """
    from stackgen.plan.throughput.transfer import transfer_bytes, transfer_gbps, transfer_seconds

    size = transfer_bytes(prefill)
    if size is None:
        return None, None, None
    seconds = transfer_seconds(prefill, decode, planned.plan.catalog).value
    return size / 2**30, transfer_gbps(prefill, pair[0].model), seconds


def facts(planned: Planned) -> Iterator[tuple[str, str]]:
    """The same, for a comparison of two plans."""
    for decode, prefill, pair in _split(planned):
        for head, cell in zip(HEAD[1:], _cells(planned, decode, prefill, pair), strict=True):
            yield f"{decode.spec.name.value}: prefill:decode, {head.lower()}", cell


def contents(planned: Planned) -> dict[str, dict[str, Any]]:
    """The same as JSON, by the name of the model."""
    found = {}
    for decode, prefill, pair in _split(planned):
        needed = [None, None] if pair is None else [one.needed.value.value for one in pair]
        moved, rate, seconds = (
            (None, None, None) if pair is None else transfer(planned, decode, prefill, pair)
        )
        row = decode.transfer.row if decode.transfer is not None else None
        found[decode.spec.name.value] = {
            "servers": prefill.spec.name.value,
            "connector": None if row is None else row.data["connector"],
            "prefillReplicas": prefill.most.value,
            "decodeReplicas": decode.most.value,
            "prefillNeeded": needed[0],
            "decodeNeeded": needed[1],
            "gibPerPrompt": None if moved is None else round(moved, 4),
            "gbitPerSecond": None if rate is None else round(rate, 3),
            "transferSeconds": None if seconds is None else round(seconds, 6),
        }
    return found
