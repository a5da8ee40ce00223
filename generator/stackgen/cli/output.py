"""Where an outcome goes: standard output, files, notes to standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from stackgen import progress
from stackgen.cache import seen
from stackgen.errors import PipeClosedError, UsageError, unwritten
from stackgen.escape import lines, message
from stackgen.redact import redact
from stackgen.wording import few

if TYPE_CHECKING:
    from stackgen.cli.options import ReportOptions
    from stackgen.findings.pipeline import Outcome

ODD = "backslashreplace"
AMOUNT = "stackgen.amount"  # of notes, in the context of Click: quiet with -q, verbose with -v
# Remarks of the same text that are shown one by one.
_MOST_ALIKE = 5


def deliver(outcome: Outcome, report: ReportOptions, root: str = "") -> int:
    """Write every report that was asked for; the exit code of the run.

    root: the folder that the names of files are relative to, for links. Standard output carries the
    report alone. Raises UsageError when a file cannot be written.
    """
    from stackgen.report import render
    from stackgen.report.style import Style, style_for
    from stackgen.report.summary import summary_line

    style = style_for(sys.stdout, report.color, os.environ)
    style = replace(style, root=root, quiet=_amount() == "quiet")
    if report.statistics:
        from stackgen.report.summary import statistics

        shown = statistics(outcome, report.output_format, style)
    else:
        shown = render(report.output_format, outcome, style)
    say(shown, commands=report.output_format == "github")
    for name, file in report.outputs:
        write(file, render(name, outcome, Style()), commands=name == "github")
    if report.output_format == "github":
        summary = summary_line(outcome, Style())
        notes((summary,))  # a log of commands alone says nothing to people
        shown += summary
    code = outcome.exit_code
    if report.write_baseline:
        from stackgen.findings import baseline

        write(report.write_baseline, baseline.write(outcome.findings))
        notes((f"baseline written to {report.write_baseline}",))
        code = 0 if outcome.summary.documents else code
    notes(note for note in outcome.notes if note not in shown)
    return code


def say(text: str, *, commands: bool = False) -> None:
    """What a command answers, on standard output.

    It is made of parts that are redacted; what it is as a whole is not known here. commands: the
    answer is a list of workflow commands.
    """
    if sys.stdout is None:
        raise UsageError("standard output is closed")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The same bytes whatever the locale; file names need not be text.
        sys.stdout.reconfigure(encoding="utf-8", errors=ODD, newline="\n")
    try:
        shown = lines(text, commands=commands)
        seen.tell("out", shown)
        progress.clear()
        sys.stdout.write(shown)
    except BrokenPipeError:
        raise PipeClosedError from None
    except OSError as error:
        raise UsageError(unwritten(error)) from None


def targets(texts: Iterable[str], formats: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs FORMAT=FILE of --output. Raises UsageError for what is none."""
    pairs = [text.partition("=") for text in texts]
    for form, equals, file in pairs:
        if form not in formats or not equals or not file:
            text, known = f"{form}{equals}{file}", ", ".join(formats)
            raise UsageError(f"{text!r} is not FORMAT=FILE with a format out of {known}")
    return [(form, file) for form, _, file in pairs]


def present(
    subject: str, found: Any, output_format: str, files: Iterable[tuple[str, str]], color: str
) -> None:
    """Show `found` by the formats of `subject`, and write it to files of further formats."""
    from stackgen.report import renderer
    from stackgen.report.style import Style, style_for

    say(renderer(subject, output_format)(found, style_for(sys.stdout, color, os.environ)))
    for form, file in files:
        write(file, renderer(subject, form)(found, Style()))
    notes(dict.fromkeys(note for one in found for note in one.notes))


def notes(texts: Iterable[str]) -> None:
    """Remarks for the person who runs it, on standard error; none with -q."""
    if _amount() != "quiet":
        reasons(texts)


def reasons(texts: Iterable[str]) -> None:
    """Errors, and why the exit code is not 0, on standard error."""
    for text in texts if sys.stderr is not None else ():
        shown = f"stackgen: {message(redact(text))}\n"
        seen.tell("err", shown)
        progress.clear()
        sys.stderr.write(shown)


def read_notes(texts: Iterable[str]) -> None:
    """Remarks on the places of files, `FILE: REMARK`. Of many that are alike, the first three.

    With -v, all of them.
    """
    alike: dict[str, list[str]] = {}
    for text in texts:
        place, _, remark = text.partition(": ")
        alike.setdefault(remark, []).append(place)
    shortens = _amount() != "verbose"
    for remark, places in alike.items():
        if shortens and remark and len(places) > _MOST_ALIKE:
            notes([f"{few(places)} (-v lists them): {remark}"])
        else:
            notes(f"{place}: {remark}" if remark else place for place in places)


def details(texts: Iterable[str]) -> None:
    """Notes for a person who asks for more, with -v."""
    if _amount() == "verbose":
        notes(texts)


def _amount() -> str:
    context = click.get_current_context(silent=True)
    return context.meta.get(AMOUNT, "") if context is not None else ""


def write(file: str, text: str, *, commands: bool = False) -> None:
    """`text` into `file`, as `say` prints it. Raises UsageError when that fails."""
    try:
        with open(file, "w", encoding="utf-8", errors=ODD, newline="\n") as stream:
            stream.write(lines(text, commands=commands))
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror or error}") from None


def write_folder(folder: str, files: Mapping[str, bytes], said: Any, release: str) -> None:
    """Make `folder` hold `files` and a lock that lists them: all, or nothing changes.

    What others put there stays. said, release: what the lock says of where the files come from.
    Raises UsageError, also when a file that stackgen did not make is in the way.
    """
    from stackgen import __version__
    from stackgen.tree import lock, write
    from stackgen.tree.compare import compare
    from stackgen.tree.stage import Replacement

    whole = {**files, lock.NAME: lock.lock_text(said, release, {}, __version__, files)}
    above, name = os.path.split(os.path.abspath(folder))
    # Folders above are the user's to choose, links included.
    target = os.path.join(os.path.realpath(above), name)
    with write.alone(os.path.dirname(target)):
        kept = write.replace([Replacement(target, whole, compare(target, whole))])
    notes(f"{name}: another file has its place; move it where it belongs" for name in kept)
