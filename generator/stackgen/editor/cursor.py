"""Where a cursor stands in a YAML text that may be half typed: the path, and key or value.

The text need not be valid, so no parser reads it: indentation and brackets up to the cursor tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stackgen.record import record

_DASHES = re.compile(r"\s*(?:- +)*")
_KEY = re.compile(r"""["']?([A-Za-z0-9_.-]+)["']?\s*:(?:\s|$)""")
_OPEN, _CLOSE = "{[", "}]"


@record
class Cursor:
    """path: the keys above. key: whose value stands there; empty where a key does.

    typed: what is there already. start: the column where that begins, 0-based. siblings: keys of
    the same mapping on the same line or list item, with their values.
    """

    path: tuple[str, ...]
    key: str
    typed: str
    start: int


def cursor(lines: Sequence[str], line: int, character: int) -> Cursor | None:
    """The cursor at a line and a character, both 0-based; None in a comment."""
    before = lines[line][:character] if line < len(lines) else ""
    if re.search(r"(^|\s)#", before):
        return None
    column = _DASHES.match(before).end()  # type: ignore[union-attr]
    keys, key, typed = _in_line(before[column:])
    path = (*_above(lines, line, column, dashed="- " in before[:column]), *keys)
    return Cursor(path, key, typed, character - len(typed))


def _in_line(text: str) -> tuple[list[str], str, str]:
    """Of the part of a line before the cursor: keys it is below, the key, and what is typed."""
    keys: list[str] = []
    opened: list[int] = []
    start, key = 0, ""
    for index, letter in enumerate(text):
        if letter in _OPEN:
            if key:
                keys.append(key)
            opened.append(1 if key else 0)
            start, key = index + 1, ""
        elif letter in _CLOSE and opened:
            if opened.pop():
                keys.pop()
            start, key = index + 1, ""
        elif letter == "," and opened:
            start, key = index + 1, ""
        elif letter == ":" and not key:
            found = _KEY.match(text[start:].lstrip() + " ")
            if found and text[index + 1 : index + 2] in ("", " "):
                key, start = found[1], index + 1
    return keys, key, text[start:].lstrip()


def _above(lines: Sequence[str], line: int, column: int, *, dashed: bool) -> tuple[str, ...]:
    """The keys of the lines above under which a key at `column` stands."""
    keys: list[str] = []
    # Below a dash, what holds the list stands at the dash or left of it.
    limit = _dash(lines[line]) + 1 if dashed else column
    for text in reversed(lines[:line]):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        at = _DASHES.match(text).end()  # type: ignore[union-attr]
        found = _KEY.match(text[at:])
        is_item = "- " in text[:at]
        if is_item and not dashed and at == column:
            # The first key of the item that the cursor is in.
            limit, dashed = _dash(text) + 1, True
        elif at < limit and found and (not is_item or at < column):
            keys.insert(0, found[1])
            limit = _dash(text) + 1 if is_item else at
            dashed, column = is_item, at
        if limit == 0:
            break
    return tuple(keys)


def _dash(text: str) -> int:
    return len(text) - len(text.lstrip())
