"""Counting what a function does, and how the count grows with the input."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any


def calls(run: Callable[[], Any]) -> int:
    """How many functions, in Python and in C, `run` calls."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def exponent(make: Callable[[int], Callable[[], Any]], small: int, times: int = 4) -> float:
    """`e` where the calls grow as the size to the power `e`, from `small` to so many times that.

    make: the work on input of a size. One of another size comes first: what is loaded once is not
    counted.
    """
    make(1)()
    counts = [calls(make(size)) for size in (small, small * times)]
    return math.log(counts[1] / counts[0], times)
