"""Numbers of any length are read, wherever they stand."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.digits import MOST, to_int
from stackgen.errors import UsageError
from stackgen.facts import hardware, quantity
from stackgen.provenance import places
from stackgen.schema import formats
from stackgen.schema.native import jobs

LONG = "9" * 5000


@given(st.integers(-MOST, MOST), st.integers(0, 30))
def test_numbers_within_the_range_are_exact(number: int, zeros: int) -> None:
    sign = "-" if number < 0 else ""
    assert to_int(f"{sign}{'0' * zeros}{abs(number)}") == number


@pytest.mark.parametrize(
    ("text", "number"),
    [(LONG, MOST), (f"-{LONG}", -MOST), (f"+{LONG}", MOST), ("0" * 5000, 0), (f"{MOST + 1}", MOST)],
)
def test_longer_ones_are_the_largest(text: str, number: int) -> None:
    assert to_int(text) == number


@pytest.mark.parametrize("text", ["", "-", "a" * 30, "--" + LONG, "\u00b2", LONG + "."])
def test_other_text_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"integer|invalid"):
        to_int(text)


@pytest.mark.parametrize(
    "read",
    [
        lambda: hardware.axes(f"{LONG}x1"),
        lambda: quantity.number(f"1e{LONG}"),
        lambda: places.file_place(f"a.yaml:{LONG}"),
        lambda: places.parse_path(f"spec.a[{LONG}]"),
        lambda: formats.go_duration(f"{LONG}.{LONG}h"),
        lambda: jobs.schedule_problem(f"*/{LONG} {LONG} * * *"),
    ],
)
def test_no_reader_raises(read: Callable[[], Any]) -> None:
    with contextlib.suppress(UsageError):
        read()
