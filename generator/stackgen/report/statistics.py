"""How often each rule finds something: `--statistics`."""

from __future__ import annotations

import json
from collections import Counter

from stackgen.errors import UsageError
from stackgen.findings.pipeline import Outcome
from stackgen.report.style import Style
from stackgen.report.summary import summary_line
from stackgen.table import table

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
    shown = [*table(head, cells, right=(0,), width=style.width), ""] if cells else []
    return "\n".join([*shown, summary_line(outcome, style), ""])
