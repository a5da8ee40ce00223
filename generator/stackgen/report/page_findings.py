"""Findings of a page, with excerpts of their sources, and the ids that links lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackgen.findings.model import Located, Location
from stackgen.findings.pipeline import Outcome
from stackgen.report.excerpt import excerpts
from stackgen.report.style import Style
from stackgen.report.summary import summary_line

_WIDTH = 110  # characters of an excerpt
_NO_ID = re.compile(r"[^a-z0-9]+")


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
