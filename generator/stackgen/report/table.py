"""Plain tables: columns by their widest cell, numbers to the right, rows within the width."""

from __future__ import annotations

from collections.abc import Sequence

from stackgen.escape import visible
from stackgen.report.style import WIDTH, columns

GAP = "  "


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[int] = (),
    width: int = WIDTH,
) -> list[str]:
    """The lines of a table; the columns `right` are flush right.

    A table that is too wide keeps its first column on lines of its own, the rest below it.
    """
    everything = [list(map(visible, row)) for row in (head, *rows)]
    widths = [max(columns(row[i]) for row in everything) for i in range(len(head))]
    if sum(widths) + len(GAP) * (len(widths) - 1) <= width:
        return [_line(row, widths, right) for row in everything]
    narrow = widths[1:]
    shifted = [i - 1 for i in right]
    lines = [f"{everything[0][0]}", f"{GAP}{_line(everything[0][1:], narrow, shifted)}"]
    for row in everything[1:]:
        lines += [row[0], f"{GAP}{_line(row[1:], narrow, shifted)}"]
    return lines


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> str:
    cells = []
    for i, cell in enumerate(row):
        space = " " * (widths[i] - columns(cell))
        cells.append(space + cell if i in right else cell + space)
    return GAP.join(cells).rstrip()
