"""Kubernetes quantities as numbers."""

from __future__ import annotations

import re
from typing import Any

GIB = 2**30
_FORM = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(m|k|[MGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?\Z")
_DECIMAL = {"m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {f"{letter}i": 2.0 ** (10 * n) for n, letter in enumerate("KMGTPE", 1)}


def number(value: Any) -> float | None:
    """What a quantity is worth; None for what is not one (a template's placeholder, say)."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    match = _FORM.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    digits, suffix = match[1], match[2] or ""
    scale = _DECIMAL.get(suffix) or _BINARY.get(suffix)
    return float(digits) * scale if scale else float(digits + suffix)


def whole(value: Any) -> int | None:
    """A whole number, as of chips or replicas; None when it is not known."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def gib(size: float) -> str:
    """Bytes as text: `5.7 GiB`."""
    return f"{size / GIB:.1f} GiB".replace(".0 GiB", " GiB")
