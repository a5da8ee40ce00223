"""Source excerpts: the line, and carets under the part that is meant."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from stackgen.findings.model import Location
from stackgen.report.style import columns, plain

_CUT = "..."


@dataclass(frozen=True, slots=True)
class Excerpt:
    """line: the source line, cut to fit. lead: spaces before the mark. mark: `^^^`.

    beside: the note after the mark; below: the note on lines of its own where it does not fit.
    """

    line: str
    lead: int
    mark: str
    beside: str
    below: tuple[str, ...]


def excerpt(location: Location, width: int, sign: str) -> Excerpt:
    """The excerpt of `location` in at most `width` columns, marked with `sign` characters."""
    text = plain(location.excerpt).rstrip()
    start = min(max(location.column - 1, 0), len(text))
    end = min(max(location.end_column - 1, start + 1), max(len(text), start + 1))
    before, marked, after = text[:start], text[start:end], text[end:]
    before, marked, after = _fit(before, marked, after, width)
    lead, size = columns(before), max(columns(marked), 1)
    note = plain(location.note)
    beside = note if note and lead + size + 1 + columns(note) <= width else ""
    below: tuple[str, ...] = ()
    if note and not beside:
        lines = textwrap.wrap(note, min(width, 60), break_long_words=False)
        indent = " " * max(min(lead, width - max(columns(line) for line in lines)), 0)
        below = tuple(indent + line for line in lines)
    return Excerpt((before + marked + after).rstrip(), lead, sign * size, beside, below)


def _fit(before: str, marked: str, after: str, width: int) -> tuple[str, str, str]:
    """Cut the line so that the marked part is seen: behind it, else before it, else itself."""
    size = max(columns(marked), 1)
    if columns(before) + size + columns(after) <= width:
        return before, marked, after
    if columns(before) + size + len(_CUT) > width and columns(before) > width // 2:
        behind = min(columns(after), width // 4)
        before = _CUT + _tail(before, max(width - size - behind - len(_CUT), 8))
    room = width - columns(before)
    if size + columns(after) <= room:
        return before, marked, after
    if size > room - len(_CUT):
        return before, _head(marked, room - len(_CUT)) + _CUT, ""
    return before, marked, _head(after, room - size - len(_CUT)) + _CUT


def _head(text: str, width: int) -> str:
    while columns(text) > width:
        text = text[: max(len(text) - max((columns(text) - width) // 2, 1), 0)]
    return text


def _tail(text: str, width: int) -> str:
    while columns(text) > width:
        text = text[max((columns(text) - width) // 2, 1) :]
    return text
