"""Lists for people: rows under their headings, within the width of a terminal."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from stackgen.escape import visible

WIDTH = 80  # of everything that does not go to a terminal
_GAP = "  "
_LEAST = 20  # columns for the last cell of a row; in less, it is not wrapped beside the others


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[int] = (),
    width: int = WIDTH,
) -> list[str]:
    """The lines of a table: columns as wide as their widest cell, those of `right` flush right.

    In a table that is too wide, the last cells are wrapped. If that is not enough, the first cells
    stand on lines of their own, the rest below them.
    """
    everything = [list(map(visible, row)) for row in (head, *rows)]
    widths = [max(columns(row[i]) for row in everything) for i in range(len(head))]
    before = sum(widths[:-1]) + len(_GAP) * (len(widths) - 1)
    room = width - before
    if widths[-1] <= room or (room >= _LEAST and len(head) - 1 not in right):
        return [x for row in everything for x in _lines(row, widths, right, room)]
    narrow, shifted = widths[1:], [i - 1 for i in right]
    room += widths[0] if len(head) > 1 else 0
    lines = []
    for row in everything:
        lines.append(row[0])
        lines += [f"{_GAP}{x}" for x in _lines(row[1:], narrow, shifted, max(room, _LEAST)) if x]
    return lines


def _lines(
    row: Sequence[str], widths: Sequence[int], right: Sequence[int], room: int
) -> Iterator[str]:
    """A row. room: columns for its last cell, which takes more lines where it is longer."""
    if not row:
        return
    last = row[-1]
    wrapped = [last]
    if columns(last) > room:
        broken = max(map(len, last.split()), default=0) > room
        wrapped = textwrap.wrap(last, room, break_on_hyphens=broken)
    cells = []
    for i, cell in enumerate([*row[:-1], wrapped[0] if wrapped else ""]):
        space = " " * (widths[i] - columns(cell))
        cells.append(space + cell if i in right else cell + space)
    yield _GAP.join(cells).rstrip()
    lead = " " * (sum(widths[:-1]) + len(_GAP) * (len(widths) - 1))
    for line in wrapped[1:]:
        yield lead + line


def wrapped(text: str, width: int = WIDTH, lead: str = "", below: str | None = None) -> list[str]:
    """The lines of `text`, whole words within `width`. lead: before the first line. below: before
    the others; spaces by default.
    """
    return textwrap.wrap(
        text, width, initial_indent=lead,
        subsequent_indent=" " * len(lead) if below is None else below,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def columns(text: str) -> int:
    """How many terminal columns `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_columns_of(c) for c in text)


def _columns_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
