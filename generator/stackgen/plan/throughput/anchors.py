"""Measured points of a server as anchors: what was measured, against what the roofline says.

At a point the figures are those that were measured. Between points, and beyond them, the ratio of
measured to computed is a mean of the points' ratios, by the inverse square of their distance.
Distances are between logarithms, of the tokens of prompt and output and of the sequences.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from stackgen.plan.throughput.roofline import Lengths
from stackgen.record import record

# What a distance is between, and up to where two values count as the same.
_SLACK: Mapping[str, float] = {
    "prompt": math.log(1.05), "uncached prompt": math.log(1.05), "output": math.log(1.05),
    "sequences": math.log(1.1),
}  # fmt: skip


@record
class Anchor:
    """A measured point of one server. running: sequences at the same time.

    ratios: measured / computed: `request` (the whole request), `tpot`, and `ttft_rate` or
    `ttft_users`, each by percentile or `mean`. label: the point in words.
    """

    lengths: Lengths
    running: float
    ratios: Mapping[str, Mapping[str, float]]
    label: str = ""


def ratio(
    anchors: Sequence[Anchor], what: str, lengths: Lengths, running: float, at: str = "mean"
) -> float:
    """Measured / computed at `lengths` and `running`; 1 without an anchor that knows.

    What was measured of TTFT says nothing of the time of a token; the time of a whole request
    stands in for a TPOT that was not reported.
    """
    total = weight = 0.0
    for anchor in anchors:
        known = anchor.ratios.get(what)
        if known is None and what == "tpot":
            known = anchor.ratios.get("request")
        if not known:
            continue
        value = known.get(at) or known.get("mean") or known.get("p50") or next(iter(known.values()))
        apart = sum(d * d for d in _apart(anchor, lengths, running))
        if apart < 1e-12:
            return value
        total, weight = total + math.log(value) / apart, weight + 1 / apart
    return math.exp(total / weight) if weight else 1.0


def nearest(anchors: Iterable[Anchor], lengths: Lengths, running: float) -> Anchor:
    """The closest of the anchors, of which there is one at least."""
    return min(anchors, key=lambda a: sum(d * d for d in _apart(a, lengths, running)))


def is_at(anchor: Anchor, lengths: Lengths, running: float) -> bool:
    """Whether the anchor was measured at these lengths and this load."""
    apart = _apart(anchor, lengths, running)
    return all(abs(d) <= slack for d, slack in zip(apart, _SLACK.values(), strict=True))


def beyond(anchors: Sequence[Anchor], lengths: Lengths, running: float) -> dict[str, float]:
    """By what factor lengths and load are outside of what the anchors span; empty when inside.

    A factor above 1 is larger than the largest, below 1 smaller than the smallest.
    """
    found = {}
    here = _logs(lengths, running)
    there = [_logs(a.lengths, a.running) for a in anchors]
    for axis, (name, slack) in enumerate(_SLACK.items()):
        low, high = min(at[axis] for at in there), max(at[axis] for at in there)
        if not low - slack <= here[axis] <= high + slack:
            found[name] = math.exp(here[axis] - (high if here[axis] > high else low))
    return found


def _apart(anchor: Anchor, lengths: Lengths, running: float) -> list[float]:
    there = _logs(anchor.lengths, anchor.running)
    return [a - b for a, b in zip(_logs(lengths, running), there, strict=True)]


def _logs(lengths: Lengths, running: float) -> tuple[float, ...]:
    """In the order of _SLACK."""
    new = lengths.input * (1 - lengths.cached)
    return tuple(math.log(max(1.0, n)) for n in (lengths.input, new, lengths.output, running))
