"""Lists for people."""

from __future__ import annotations

import pytest

from stackgen.table import table


def test_columns_are_as_wide_as_their_widest_cell_and_lines_end_without_spaces() -> None:
    rows = [("kind", "version", ""), ("Gateway", "v1", ""), ("", "v1beta1", "old")]
    assert table(rows) == "kind     version\nGateway  v1\n         v1beta1  old\n"


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        table([("a", "b"), ("c",)])


def test_nothing_is_an_empty_text() -> None:
    assert table([]) == ""
