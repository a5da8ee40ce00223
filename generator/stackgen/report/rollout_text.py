"""A rollout as text: the steps in order, what each waits for, and what never becomes ready."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.escape import visible
from stackgen.report.style import Style
from stackgen.rollout.durations import words
from stackgen.rollout.model import Moment, Rollout
from stackgen.rollout.removal import ENGINES
from stackgen.rollout.words import (
    awaited,
    away_texts,
    changed,
    duration_text,
    held_text,
    said,
    slow_texts,
)
from stackgen.table import table, wrapped
from stackgen.wording import few

_HEADINGS = ("step", "begins", "at most", "changes", "waits for")


def rollout_text(env: str, found: Rollout, style: Style) -> str:
    """One environment."""
    moments = [one for one in found.moments if changed(one)]
    head = wrapped(visible(heading(env, found)), style.width)
    lines = [style.paint("bold", line) for line in head]
    if not moments:
        return "\n".join([*lines, "  nothing changes"]) + "\n"
    lead = _lead(moments)
    rows = [_row(one, lead) for one in moments]
    lines += ["", *(f"  {line}" for line in table(_HEADINGS, rows, width=style.width - 2)), ""]
    lines += list(_paragraphs(found, style))
    return "\n".join(lines).rstrip() + "\n"


def heading(env: str, found: Rollout) -> str:
    """The first line: how many steps there are, and how long a change takes."""
    hops = max((one.hop for one in found.moments), default=0) + 1
    kind = "first installation" if found.first else "change"
    count = len(found.moments)
    steps = f"{count} steps, {hops} of them one after another" if count > 1 else "1 step"
    return f"{env}, {found.delivery}: {kind} with {ENGINES[found.engine]}, {steps}"


def _lead(moments: list[Moment]) -> int:
    """The length of what all names of steps begin with, up to a dash."""
    names = [one.step.name for one in moments]
    first, last = min(names), max(names)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    return first.rfind("-", 0, same) + 1


def _row(moment: Moment, lead: int) -> tuple[str, ...]:
    names = changed(moment)
    text = names[0].title if len(names) == 1 else f"{len(names)} objects"
    most = words(moment.step.timeout) if moment.step.timeout else "-"
    waits = few(awaited(moment), 1) or "-"
    return moment.step.name[lead:], words(moment.earliest), most, text, waits


def _paragraphs(found: Rollout, style: Style) -> Iterator[str]:
    yield from wrapped(visible(duration_text(found)), style.width, "  ")
    for title, items in sections(found):
        yield ""
        yield style.paint("bold", title)
        for item in items:
            yield from wrapped(visible(item), style.width, "  - ")


def sections(found: Rollout) -> Iterator[tuple[str, list[str]]]:
    """The lists below the steps: title and items."""
    if found.blocked:
        yield "NEVER READY", [said(one) + held_text(one) for one in found.blocked]
    if found.slow:
        yield "MAY START FOR LONGER THAN THE STEP WAITS", slow_texts(found)
    if found.away:
        yield "UNAVAILABLE DURING THE CHANGE", away_texts(found)
    if found.vanished:
        yield (
            "REMOVED WITH THEIR STEP",
            [
                f"{name}: {few([key.title for key in keys]) or 'nothing'}"
                for name, keys in found.vanished
            ],
        )
    unknown = [f"{text} ({one.step.name})" for one in found.moments for text in one.unknown]
    if unknown:
        yield "UNKNOWN: created by others, or not set", unknown
