"""Durations as Go and Kubernetes write them: `1h30m`, `90s`, `1m`."""

from __future__ import annotations

from typing import Any

from stackgen.regex import regex

_PART = regex(r"([0-9]+(?:\.[0-9]+)?)(ms|h|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(value: Any) -> int | None:
    """The whole seconds of a duration, rounded up; None for what is none."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    parts = _PART.findall(value)
    if not parts or "".join(n + unit for n, unit in parts) != value:
        return None
    return -int(-sum(float(n) * _UNITS[unit] for n, unit in parts) // 1)


def words(duration: int) -> str:
    """A duration for a reader: `90 s`, `4.5 min`, `1 h`."""
    if duration >= 7200 or duration == 3600:
        return f"{duration / 3600:g} h"
    if duration >= 120:
        return f"{round(duration / 60, 1):g} min"
    return f"{duration} s"
