"""The line at the end, and how often each rule finds something."""

from __future__ import annotations

import json
from collections import Counter

from stackgen.errors import UsageError
from stackgen.findings.pipeline import NOTHING, Outcome
from stackgen.report.style import Ink, Style
from stackgen.table import table
from stackgen.wording import counted


def summary_line(outcome: Outcome, style: Style) -> str:
    """Counts of findings, of documents and of what was suppressed."""
    counts = outcome.summary
    parts = [
        style.paint(ink, counted(number, word))
        for ink, number, word in _levels(outcome)
        if number
    ]  # fmt: skip
    if not counts.documents and not outcome.findings:
        return style.paint("error", NOTHING)
    found = ", ".join(parts) or style.paint("bold", "no findings")
    line = f"{found} in {counted(counts.documents, 'document')}"
    if counts.suppressed:
        line += f", {counts.suppressed} suppressed"
    if counts.fixable:
        line += f", {counts.fixable} fixable with --fix"
    return line


def summary_lines(outcome: Outcome, style: Style) -> list[str]:
    """The summary; none for a quiet style, but the reason why nothing was checked."""
    told = not style.quiet or not (outcome.summary.documents or outcome.findings)
    return [summary_line(outcome, style)] if told else []


def _levels(outcome: Outcome) -> tuple[tuple[Ink, int, str], ...]:
    counts = outcome.summary
    return (
        ("error", counts.errors, "error"),
        ("warning", counts.warnings, "warning"),
        ("info", counts.infos, "info"),
    )


FORMATS = ("text", "json")


def statistics(outcome: Outcome, name: str, style: Style) -> str:
    """The rules by the number of their findings that are not suppressed, most first.

    name: of the format. Raises UsageError for one that cannot show numbers.
    """
    if name not in FORMATS:
        raise UsageError(f"--statistics is written as {' or '.join(FORMATS)}, not as {name}")
    counts = Counter(x.finding.rule.id for x in outcome.shown)
    fixable = Counter(x.finding.rule.id for x in outcome.shown if x.finding.fix is not None)
    found = {x.finding.rule.id: x.finding for x in reversed(outcome.shown)}
    rows = [(n, found[rule]) for rule, n in sorted(counts.items(), key=lambda x: (-x[1], x[0]))]
    if name == "json":
        listed = [
            {
                "rule": finding.rule.id, "severity": str(finding.level), "count": count,
                "fixable": fixable[finding.rule.id], "summary": finding.rule.summary,
            }
            for count, finding in rows
        ]  # fmt: skip
        return json.dumps({"version": 1, "statistics": listed}, indent=2) + "\n"
    cells = [[str(count), str(f.level), f.rule.id, f.rule.summary] for count, f in rows]
    head = ("COUNT", "SEVERITY", "RULE", "PROBLEM")
    shown = table(head, cells, right=(0,), width=style.width) if cells else []
    gap = [""] if cells and not style.quiet else []
    return "".join(f"{line}\n" for line in [*shown, *gap, *summary_lines(outcome, style)])
