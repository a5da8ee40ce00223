"""Kubernetes quantities: `500m`, `2`, `16Gi`, `1e3`. The one reader of them.

The grammar is the Go parser's, wider than its published pattern: digits may be missing before a
suffix (`Gi` is zero). Values beyond 2**63-1 are cut to it; fractions below 1n are rounded up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_UP, Decimal, localcontext
from functools import lru_cache
from typing import Any

from stackgen.digits import to_int
from stackgen.regex import regex

_SPLIT = regex(r"([+-]?)([0-9]*)(?:(\.)([0-9]*))?(.*)", re.DOTALL)
_SCALES = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal("1e3"), "M": Decimal("1e6"), "G": Decimal("1e9"), "T": Decimal("1e12"),
    "P": Decimal("1e15"), "E": Decimal("1e18"), "Ki": Decimal(2**10), "Mi": Decimal(2**20),
    "Gi": Decimal(2**30), "Ti": Decimal(2**40), "Pi": Decimal(2**50), "Ei": Decimal(2**60),
}  # fmt: skip
_EXPONENT = regex(r"[eE]([+-]?[0-9]+)\Z", re.ASCII)
_BIGGEST = Decimal(2**63 - 1)
_NANO = Decimal("1e-9")


GIB = 2**30


class QuantityError(ValueError):
    """The text is not a quantity; the message says why."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Decimal:
    """The value of `text`. Raises QuantityError."""
    if not text:
        raise QuantityError("it is empty")
    match = _SPLIT.match(text)
    assert match is not None
    sign, whole, _, fraction, suffix = match.groups()
    scale = _SCALES.get(suffix)
    exponent = _EXPONENT.match(suffix)
    if scale is None and exponent is None:
        raise QuantityError(_why(text, suffix))
    return _value(sign, whole, fraction or "", scale, exponent[1] if exponent else "0")


def _why(text: str, suffix: str) -> str:
    if suffix in ("ki", "kI", "KI"):
        return "the suffix for 1024 is Ki"
    if suffix in ("K", "mi", "gi", "ti", "g", "t", "GB", "MB", "Gb", "Mb", "gb", "mb"):
        return f"{suffix} is no suffix; known are n u m k M G T P E and Ki Mi Gi Ti Pi Ei"
    return "write digits and a suffix of n u m k M G T P E Ki Mi Gi Ti Pi Ei, or an exponent"


def _value(sign: str, whole: str, fraction: str, scale: Decimal | None, exponent: str) -> Decimal:
    power = to_int(exponent)
    if scale is None and abs(power) >= 2**31:
        raise QuantityError("the exponent is too large")
    with localcontext() as context:
        context.prec = max(60, len(whole) + len(fraction) + 40)
        value = Decimal(f"{whole or '0'}.{fraction or '0'}")
        if scale is not None:
            value *= scale
        else:
            value = value.scaleb(max(-99, min(power, 99))) if value else value
        if value > _BIGGEST:
            value = _BIGGEST
        elif value != value.to_integral_value():
            value = value.quantize(_NANO, rounding=ROUND_UP)
    return -value if sign == "-" else value


def number(value: Any) -> float | None:
    """What a quantity is worth; None for what is not one, such as a template's placeholder, and for
    a number that no float holds.
    """
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        return float(parse(value)) if isinstance(value, str) else None
    except (QuantityError, OverflowError):
        return None


def whole(value: Any) -> int | None:
    """A whole number, as of chips or replicas; None when it is not known."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def in_gib(quantity: str) -> float:
    """GiB of a quantity such as 512Mi or 2Gi. Raises QuantityError."""
    return float(parse(quantity)) / GIB


def cpus(quantity: str) -> float:
    """CPUs of a quantity such as 4 or 250m. Raises QuantityError."""
    return float(parse(quantity))


def gib_quantity(size: float) -> str:
    """GiB as a quantity: `5.5Gi`, with all digits before the point and never an exponent."""
    return f"{size:.6g}Gi" if size < 10**6 else f"{math.ceil(size)}Gi"


def gib(size: float) -> str:
    """Bytes as text: `5.7 GiB`."""
    return f"{size / GIB:.1f} GiB".replace(".0 GiB", " GiB")


def share_of(
    value: Any, replicas: int, rounded: Callable[[float], int], default: int | str = "25%"
) -> int | None:
    """A number such as maxSurge, or a percentage of the replicas; None for what is neither."""
    given = default if value is None else value
    if isinstance(given, int):
        return given
    percent = given.removesuffix("%") if isinstance(given, str) else ""
    return rounded(to_int(percent) * replicas / 100) if percent.isdecimal() else None
