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
    """Cut the line so that the marked part is seen: first behind it, then before, then itself."""
    if columns(before) + columns(marked) + columns(after) <= width:
        return before, marked, after
    room = width - columns(marked) - (len(_CUT) if after else 0)
    if columns(before) > room:
        keep = max(room - len(_CUT), 0)
        indent = len(before) - len(before.lstrip())
        keep = min(keep, max(width // 3, indent))
        before = _CUT + _tail(before, keep)
    if columns(before) + columns(marked) > width - len(_CUT):
        return before, _head(marked, width - columns(before) - len(_CUT)) + _CUT, ""
    left = width - columns(before) - columns(marked)
    if columns(after) > left:
        after = _head(after, left - len(_CUT)) + _CUT
    return before, marked, after


def _head(text: str, width: int) -> str:
    while columns(text) > width:
        text = text[: max(len(text) - max((columns(text) - width) // 2, 1), 0)]
    return text


def _tail(text: str, width: int) -> str:
    while columns(text) > width:
        text = text[max((columns(text) - width) // 2, 1) :]
    return text
