"""Reports: one file a format, all of them from one `Outcome`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackgen.findings.pipeline import Outcome
    from stackgen.report.style import Style

FORMATS = ("text", "concise", "json", "sarif", "github", "junit")


def render(name: str, outcome: Outcome, style: Style) -> str:
    """The report in the format called `name`, one of FORMATS."""
    if name == "text":
        from stackgen.report import text

        return text.render(outcome, style)
    if name == "concise":
        from stackgen.report import concise

        return concise.render(outcome, style)
    if name == "json":
        from stackgen.report import json_report

        return json_report.render(outcome)
    if name == "sarif":
        from stackgen.report import sarif

        return sarif.render(outcome)
    if name == "github":
        from stackgen.report import github

        return github.render(outcome)
    if name == "junit":
        from stackgen.report import junit

        return junit.render(outcome)
    raise ValueError(f"no report format {name}")
