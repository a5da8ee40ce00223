"""One line a finding: `file:line:column: severity[rule] message`."""

from __future__ import annotations

from stackgen.escape import visible
from stackgen.findings.model import Located
from stackgen.findings.pipeline import Outcome
from stackgen.report.findings_text import linked_id
from stackgen.report.style import Style
from stackgen.report.summary import summary_lines


def render(outcome: Outcome, style: Style) -> str:
    """The whole report, the summary last."""
    lines = [_line(x, style) for x in outcome.shown]
    return "".join(f"{x}\n" for x in [*lines, *summary_lines(outcome, style)])


def _line(located: Located, style: Style) -> str:
    finding, primary = located.finding, located.primary
    where = ""
    if primary is not None:
        position = f":{primary.line}:{primary.column}" if primary.line else ""
        place = f"{visible(primary.file)}{position}"
        where = f"{style.link(place, primary.file, primary.line, primary.column)}: "
    level = str(finding.level)
    head = style.paint(finding.level.ink, f"{level}[{linked_id(finding.rule, style)}]")
    return f"{style.paint('bold', where)}{head} {visible(finding.message)}"
