"""Lists for people."""

from __future__ import annotations

import pytest

from stackgen.table import columns, table


def test_columns_are_as_wide_as_their_widest_cell_and_lines_end_without_spaces() -> None:
    rows = [("Gateway", "v1", ""), ("", "v1beta1", "old")]
    assert table(("kind", "version", ""), rows) == [
        "kind     version",
        "Gateway  v1",
        "         v1beta1  old",
    ]


def test_numbers_are_flush_right() -> None:
    rows = [("a", "1"), ("longer", "1,000")]
    assert table(("NAME", "N"), rows, right=(1,)) == [
        "NAME        N",
        "a           1",
        "longer  1,000",
    ]


def test_a_long_last_cell_is_wrapped_beside_the_others() -> None:
    rows = [("a", "one two three four five six"), ("b", "seven")]
    assert table(("NAME", "WORDS"), rows, width=26) == [
        "NAME  WORDS",
        "a     one two three four",
        "      five six",
        "b     seven",
    ]


def test_a_table_that_is_too_wide_keeps_its_first_column_on_its_own_lines() -> None:
    rows = [("a-very-long-name-of-something", "1", "2")]
    assert table(("NAME", "ONE", "TWO"), rows, right=(1, 2), width=20) == [
        "NAME",
        "  ONE  TWO",
        "a-very-long-name-of-something",
        "    1    2",
    ]


def test_both_are_needed_where_a_name_and_a_text_are_long() -> None:
    rows = [("a-very-long-name-of-something", "1", "one two three four five six")]
    assert table(("NAME", "ONE", "TWO"), rows, width=32) == [
        "NAME",
        "  ONE  TWO",
        "a-very-long-name-of-something",
        "  1    one two three four five",
        "       six",
    ]


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(IndexError):
        table(("a", "b"), [("c",)])


def test_wide_characters_count_as_two() -> None:
    assert table(("A", "B"), [("表", "x"), ("ab", "y")]) == ["A   B", "表  x", "ab  y"]
    assert columns("表e\u0301") == 3
