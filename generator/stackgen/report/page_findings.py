"""Findings and rollouts of a page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from stackgen.findings.model import Located, Location
from stackgen.findings.pipeline import Outcome
from stackgen.regex import regex
from stackgen.report.excerpt import excerpts
from stackgen.report.rollout_text import heading, sections
from stackgen.report.style import Style
from stackgen.report.summary import summary_line
from stackgen.rollout.durations import words
from stackgen.rollout.model import Moment, Rollout
from stackgen.rollout.words import awaited, changed, duration_text
from stackgen.wording import few

_WIDTH = 110  # characters of an excerpt
_NO_ID = regex(r"[^a-z0-9]+")


class Anchors:
    """The ids of a page: each once, of letters, digits and dashes alone."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, *parts: str) -> str:
        """An id from the parts, the same for the same page."""
        name = "-".join(_NO_ID.sub("-", part.lower()).strip("-")[:60] or "x" for part in parts)
        found, number = name, 1
        while found in self._taken:
            number += 1
            found = f"{name}-{number}"
        self._taken.add(found)
        return found


def cells(outcome: Outcome, here: str, anchors: Anchors) -> dict[str, Any]:
    """What the template shows of an outcome."""
    return {
        "findings_text": summary_line(outcome, Style()),
        "findings": [_finding(one, here, anchors) for one in outcome.shown],
        "suppressed": [
            (one.finding.rule.id, one.finding.message, by.reason, by.until)
            for one in outcome.findings if (by := one.suppression) is not None
        ],
    }  # fmt: skip


def _finding(located: Located, here: str, anchors: Anchors) -> dict[str, Any]:
    finding = located.finding
    return {
        "id": anchors.of(here, finding.rule.id),
        "level": str(finding.level),
        "rule": finding.rule.id,
        "message": finding.message,
        "places": [_place(x) for x in located.locations if x.role != "rendered"],
        "notes": list(_notes(located)),
    }


def _place(location: Location) -> dict[str, Any]:
    where = f"{location.file}:{location.line}:{location.column}" if location.line else location.file
    if not location.excerpt:
        return {"where": where, "note": location.note, "lines": []}
    (shown, *_) = excerpts([location], _WIDTH, "^")
    number = str(location.line)
    pad = " " * len(number)
    mark = f"{pad} | {' ' * shown.lead}{shown.mark} {shown.beside}".rstrip()
    below = [f"{pad} | {line}" for line in shown.below]
    return {"where": where, "note": "", "lines": [f"{number} | {shown.line}", mark, *below]}


def _notes(located: Located) -> Iterator[tuple[str, str]]:
    finding = located.finding
    confidence = finding.confidence or finding.rule.confidence
    if confidence != "high":
        yield "Note", f"Confidence is {confidence}: check whether it applies."
    for name, text in (
        ("In the cluster", finding.impact or finding.rule.impact), ("Fix", located.advice)
    ):  # fmt: skip
        if text:
            yield name, text
    rendered = [f"{x.file}:{x.line}" for x in located.locations if x.role == "rendered"]
    if rendered:
        yield "Rendered", ", ".join(rendered)
    yield "Rule", f"`stackgen explain {finding.rule.id}`"


_MOST = 8  # names of objects


def rollout_cells(found: Rollout, here: str, anchors: Anchors) -> dict[str, Any]:
    """What the template shows of a rollout."""
    stuck = {one.step.name for one in found.blocked if one.awaited}
    moments = sorted((one for one in found.moments if changed(one)), key=lambda m: m.earliest)
    return {
        "title": heading("", found).removeprefix(", "),
        "moments": [
            {"when": when, "steps": [_step(one, stuck, here, anchors) for one in group]}
            for when, group in groupby(moments, key=lambda m: words(m.earliest))
        ],
        "duration": duration_text(found),
        "lists": [(title.capitalize(), items) for title, items in sections(found)],
    }  # fmt: skip


def _step(moment: Moment, stuck: set[str], here: str, anchors: Anchors) -> dict[str, Any]:
    names = [key.title for key in changed(moment)]
    waits = awaited(moment)
    notes = [("applies", few(names, _MOST))]
    if moment.step.after:
        notes.append(("after", ", ".join(moment.step.after)))
    if waits:
        limit = f", at most {words(moment.step.timeout)}" if moment.step.timeout else ""
        notes.append(("waits for", few(waits, _MOST) + limit))
    name = moment.step.name
    anchor = anchors.of(here, "step", name)
    return {"id": anchor, "name": name, "stuck": name in stuck, "notes": notes}
