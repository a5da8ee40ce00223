"""Durations: as Go writes them (300ms, 1h30m, -1.5h), and in the looser form of a schema format."""

from __future__ import annotations

import re

from stackgen.digits import to_int

_WHOLE = re.compile(r"([-+]?)((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+\Z")
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS = {
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
    "m": 60_000_000_000, "h": 3_600_000_000_000,
}  # fmt: skip


def go_duration(text: str) -> int | None:
    """Nanoseconds, or None when `text` is no duration."""
    if text in ("0", "+0", "-0"):
        return 0
    if not _WHOLE.match(text):
        return None
    total = 0
    for number, unit in _PART.findall(text.lstrip("+-")):
        whole, _, part = number.partition(".")
        total += to_int(whole or "0") * _UNITS[unit]
        part = part[:18]  # more than a nanosecond has
        if part:
            total += int(part) * _UNITS[unit] // 10 ** len(part)
    if text[0] == "-":
        total = -total
    return total if -(2**63) <= total < 2**63 else None


_LOOSE = re.compile(r"([0-9]+)\s*([A-Za-zµ]+)")
_WORDS = (
    (("ns",), "nano", 1), (("us", "µs"), "micro", 1_000), (("ms",), "milli", 1_000_000),
    (("s",), "sec", 1_000_000_000), (("m",), "min", 60_000_000_000),
    (("h", "hr"), "hour", 3_600_000_000_000), (("d",), "day", 86_400_000_000_000),
    (("w", "wk"), "week", 604_800_000_000_000),
)  # fmt: skip


def loose_duration(text: str) -> int | None:
    """Nanoseconds of a text whose schema format is `duration`: Go's form, or `2 days`."""
    strict = go_duration(text)
    if strict is not None:
        return strict
    total: int | None = None
    for number, unit in _LOOSE.findall(text):
        lower = unit.lower()
        for short, stem, size in _WORDS:
            if lower in short or lower.startswith(stem):
                total = (total or 0) + to_int(number) * size
    return total
