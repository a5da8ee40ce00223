"""Durations of the SLO as text and as seconds.

A module of its own: reports and rules read it without the model of the load, which most runs do not
need.
"""

from __future__ import annotations


def in_seconds(limit: str) -> float:
    """Seconds of `500ms` or `2s`."""
    return float(limit[:-2]) / 1000 if limit.endswith("ms") else float(limit[:-1])


def in_words(seconds: float) -> str:
    """`9.3 ms`, `42 ms`, `1.6 s` or `90 s`."""
    unit, value = ("s", seconds) if seconds >= 1 else ("ms", 1000 * seconds)
    return f"{value:,.0f} {unit}" if value >= 10 or value == 0 else f"{value:.2g} {unit}"
