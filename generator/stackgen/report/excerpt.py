"""Source excerpts: the line, and carets under the part that is meant."""

from __future__ import annotations

import textwrap

from stackgen.escape import visible
from stackgen.findings.model import Location
from stackgen.record import record
from stackgen.table import columns

_CUT = "..."


@record
class Excerpt:
    """number: which location it is of. line: the source line, cut to fit. lead: spaces before the
    mark. mark: `^^^`.

    beside: the note after the mark; below: the note on lines of its own where it does not fit.
    """

    number: int
    line: str
    lead: int
    mark: str
    beside: str
    below: tuple[str, ...]


def excerpts(locations: list[Location], width: int, signs: str) -> list[Excerpt]:
    """The excerpts of locations on one line: one cut of the line, a mark for each.

    signs: the character of each mark. A location whose mark the cut would hide is left out; the
    first one is always there.
    """
    # A tab is shown as a space: indentation is no news.
    source = locations[0].excerpt.replace("\t", " ").rstrip()
    text = visible(source)
    spans = [_span(location, source) for location in locations]
    kept = [0]
    start, end = spans[0]
    for number, (left, right) in enumerate(spans[1:], start=1):
        wider = min(start, left), max(end, right)
        if columns(text[wider[0] : wider[1]]) <= width - 2 * len(_CUT) - 8:
            start, end = wider
            kept.append(number)
    before, marked, after = _fit(
        text[:start], text[start:end], text[end:], width, whole=len(kept) > 1
    )
    line = (before + marked + after).rstrip()
    shown = []
    for number in kept:
        left, right = spans[number]
        lead = columns(before) + columns(text[start:left])
        size = min(max(columns(text[left:right]), 1), max(columns(marked), 1))
        beside, below = _note(visible(locations[number].note), lead, size, width)
        shown.append(Excerpt(number, line, lead, signs[number] * size, beside, below))
    return shown


def _span(location: Location, source: str) -> tuple[int, int]:
    """What the location marks, in the line as it is shown."""
    first = min(max(location.column - 1, 0), len(source))
    last = min(max(location.end_column - 1, first + 1), max(len(source), first + 1))
    if source.isprintable():  # what is starred out is as long as before
        return first, first + max(len(source[first:last]), 1)
    start = len(visible(source[:first]))
    return start, start + max(len(visible(source[first:last])), 1)


def _note(note: str, lead: int, size: int, width: int) -> tuple[str, tuple[str, ...]]:
    """The note beside the mark, or else below it."""
    if not note or lead + size + 1 + columns(note) <= width:
        return note, ()
    lines = textwrap.wrap(note, min(width, 60), break_long_words=False)
    indent = " " * max(min(lead, width - max(columns(line) for line in lines)), 0)
    return "", tuple(indent + line for line in lines)


def _fit(before: str, marked: str, after: str, width: int, *, whole: bool) -> tuple[str, str, str]:
    """Cut the line so that the marked part is seen: behind it, else before it, else itself.

    whole: the marked part is not cut, because a mark may be under any part of it.
    """
    size = max(columns(marked), 1)
    if columns(before) + size + columns(after) <= width:
        return before, marked, after
    if columns(before) + size + len(_CUT) > width and (whole or columns(before) > width // 2):
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
