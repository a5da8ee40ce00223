"""Plain tables."""

from __future__ import annotations

from stackgen.report.table import table


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_flush_right() -> None:
    rows = [("a", "1"), ("longer", "1,000")]
    assert table(("NAME", "N"), rows, right=(1,)) == [
        "NAME        N",
        "a           1",
        "longer  1,000",
    ]


def test_no_line_ends_in_spaces() -> None:
    assert table(("A", "B"), [("x", ""), ("y", "z")]) == ["A  B", "x", "y  z"]


def test_a_table_that_is_too_wide_keeps_its_first_column_on_its_own_lines() -> None:
    rows = [("a-very-long-name-of-something", "1", "2")]
    assert table(("NAME", "ONE", "TWO"), rows, right=(1, 2), width=20) == [
        "NAME",
        "  ONE  TWO",
        "a-very-long-name-of-something",
        "    1    2",
    ]


def test_wide_characters_count_as_two() -> None:
    assert table(("A", "B"), [("表", "x"), ("ab", "y")]) == ["A   B", "表  x", "ab  y"]
