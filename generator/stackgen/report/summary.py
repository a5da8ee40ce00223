"""The one line at the end."""

from __future__ import annotations

from stackgen.findings.pipeline import NOTHING, Outcome
from stackgen.report.style import Ink, Style


def summary_line(outcome: Outcome, style: Style) -> str:
    """Counts of findings, of documents and of what was suppressed."""
    counts = outcome.summary
    parts = [
        style.paint(ink, count(number, word))
        for ink, number, word in _levels(outcome)
        if number
    ]  # fmt: skip
    if not counts.documents and not outcome.findings:
        return style.paint("error", NOTHING)
    found = ", ".join(parts) or style.paint("bold", "no findings")
    line = f"{found} in {count(counts.documents, 'document')}"
    if counts.suppressed:
        line += f", {counts.suppressed} suppressed"
    if counts.fixable:
        line += f", {counts.fixable} fixable with --fix"
    return line


def count(number: int, word: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _levels(outcome: Outcome) -> tuple[tuple[Ink, int, str], ...]:
    counts = outcome.summary
    return (
        ("error", counts.errors, "error"),
        ("warning", counts.warnings, "warning"),
        ("info", counts.infos, "info"),
    )
