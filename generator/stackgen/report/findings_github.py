"""Annotations for GitHub Actions: they show up at the line in the pull request."""

from __future__ import annotations

from stackgen.escape import github_data, github_property
from stackgen.findings.model import Located, Severity
from stackgen.findings.pipeline import Outcome
from stackgen.report.style import Style

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(outcome: Outcome, _: Style) -> str:
    """One workflow command a finding; nothing for suppressed ones."""
    return "".join(f"{_command(x)}\n" for x in outcome.shown)


def _command(located: Located) -> str:
    finding, rule = located.finding, located.finding.rule
    properties: list[tuple[str, str]] = []
    primary = located.primary
    if primary is not None:
        properties.append(("file", primary.file))
        if primary.line:
            end = max(primary.end_column - 1, primary.column)
            properties += [
                ("line", str(primary.line)),
                ("endLine", str(primary.line)),
                ("col", str(primary.column)),
                ("endColumn", str(end)),
            ]
    properties.append(("title", f"stackgen {rule.id}"))
    lines = [finding.message]
    for name, text in (
        ("in the cluster", finding.impact or rule.impact),
        ("help", located.advice),
    ):
        if text:
            lines.append(f"{name}: {text}")
    lines += [f"rendered: {x.file}:{x.line}" for x in located.locations if x.role == "rendered"]
    shown = ",".join(f"{name}={github_property(value)}" for name, value in properties)
    return f"::{_COMMANDS[finding.level]} {shown}::{github_data(lines)}"
