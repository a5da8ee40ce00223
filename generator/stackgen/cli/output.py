"""Where an outcome goes: standard output, files, notes to standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable

from stackgen.cli.options import ReportOptions
from stackgen.errors import UsageError
from stackgen.findings.pipeline import Outcome
from stackgen.redact import redact
from stackgen.report import render
from stackgen.report.style import Style, style_for
from stackgen.report.summary import summary_line

ODD = "backslashreplace"


def deliver(outcome: Outcome, report: ReportOptions) -> int:
    """Write every report that was asked for; the exit code of the run.

    Standard output carries the report alone. Raises UsageError when a file cannot be written.
    """
    style = style_for(sys.stdout, report.color, os.environ)
    say(render(report.output_format, outcome, style))
    for name, file in report.outputs:
        write(file, render(name, outcome, Style()))
    if report.output_format == "github":
        notes((summary_line(outcome, Style()),))  # a log of commands alone says nothing to people
    code = outcome.exit_code
    if report.write_baseline:
        from stackgen.findings import baseline

        write(report.write_baseline, baseline.write(outcome.findings))
        notes((f"baseline written to {report.write_baseline}",))
        code = 0 if outcome.summary.documents else code
    notes(outcome.notes)
    return code


def say(text: str) -> None:
    """What a command answers, on standard output: nothing that looks like a credential."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The same bytes whatever the locale; file names need not be text.
        sys.stdout.reconfigure(encoding="utf-8", errors=ODD, newline="\n")
    sys.stdout.write(redact(text))


def notes(lines: Iterable[str]) -> None:
    """Remarks for the person who runs it, on standard error."""
    for line in lines:
        sys.stderr.write(redact(f"stackgen: {line}\n"))


def write(file: str, text: str) -> None:
    """`text` into `file`. Raises UsageError when that fails."""
    try:
        with open(file, "w", encoding="utf-8", errors=ODD, newline="\n") as stream:
            stream.write(redact(text))
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror or error}") from None
