"""Lists for people: rows under their headings, each column as wide as its widest cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackgen.escape import visible


def table(rows: Iterable[Sequence[str]]) -> str:
    """The rows as lines of text, two spaces between columns; the headings are the first row."""
    lines = [list(map(visible, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )
