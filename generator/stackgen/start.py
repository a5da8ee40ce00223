"""The entry point: an answer that is kept, or else the command.

A kept answer comes before the libraries of the command line are imported: importing them takes
longer than finding that nothing changed.
"""

from __future__ import annotations

import os
import sys

from stackgen import __version__
from stackgen.cache import question
from stackgen.cli.unfinished import is_unfinished
from stackgen.garbage import collect_less

TYPE_CHECKING = False  # to import typing would take as long as a whole answer
if TYPE_CHECKING:
    from typing import NoReturn

INTERRUPTED = 130  # what a shell shows for SIGINT


def run() -> None:
    """Run the command line, and end the process with its exit code."""
    try:
        code = _code(sys.argv[1:])
    except KeyboardInterrupt:  # before the command runs, or after it
        sys.stderr.write("stackgen: interrupted\n")
        code = INTERRUPTED
    _end(code)


def _end(code: int) -> NoReturn:
    """End the process. The system frees the memory, in less time than Python frees the objects."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # closed, or never open
            continue
    os._exit(code)


def _code(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        return _told(question.Answer(0, [("out", f"stackgen {__version__}\n")]))
    collect_less()
    asked = _asked(arguments)
    if asked is not None:
        kept = question.answer(asked)
        if kept is not None:
            return _told(kept)
        question.begin(asked)
    from stackgen import modules, regex

    modules.use_kept()
    regex.use_kept()
    from stackgen.cache import parts, verdicts
    from stackgen.cli.main import code
    from stackgen.redact import redact

    if asked is None:
        ended = code()
        regex.keep()
        modules.keep()
        return ended
    verdicts.begin(asked.where, asked.program)
    parts.begin(asked.where, asked.key)
    ended = code()
    if question.keep(asked, ended):
        parts.end()
    regex.keep()
    modules.keep()
    if ended in (0, 1):
        verdicts.end(lambda text: redact(text) == text)
    return ended


def _asked(arguments: list[str]) -> question.Question | None:
    """The question that the command line is. What was cut off is settled by a command first."""
    try:
        if is_unfinished(arguments):
            return None
    except OSError:  # such as a working directory that is gone: the command says so
        return None
    return question.asked(arguments, os.environ)


def _told(kept: question.Answer) -> int:
    """Print the answer; the exit code."""
    sys.stdout.reconfigure(  # type: ignore[union-attr]
        encoding="utf-8", errors="backslashreplace", newline="\n"
    )
    try:
        for stream, text in kept.told:
            (sys.stdout if stream == "out" else sys.stderr).write(text)
        sys.stdout.flush()
    except OSError:
        from stackgen.cli.main import flushed

        return flushed(kept.code)
    return kept.code
