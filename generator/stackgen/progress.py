"""What is being done, on standard error, for a command that takes longer than two seconds.

A terminal gets one line that changes, with a bar. A CI job (the variable CI) gets a line now and
then. Anything else, such as a pipe of a script, gets nothing.
"""

from __future__ import annotations

import os
import sys
import time
from _thread import allocate_lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

AFTER = 2.0  # seconds
_BAR_EVERY = 0.2
_LINE_EVERY = 10.0
_WIDTH = 20
_ERASE = "\r\x1b[2K"


class _Progress:
    """That of this process. said: what is being done. part: of how many, and what it is called."""

    def __init__(self) -> None:
        self.said = ""
        self.part = (0, 0, "")
        self.ended: threading.Event | None = None
        self.silent = False
        self.drawn = False
        self.lock = allocate_lock()


_NOW = _Progress()


def begin() -> None:
    """Begin to watch the time, if a terminal or a CI log shows it."""
    terminal = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if not terminal and not (os.environ.get("CI") and sys.stderr is not None):
        return
    import threading  # here, not above: a pipe needs none

    _NOW.ended = threading.Event()
    threading.Thread(target=_watch, args=(_NOW.ended, terminal), daemon=True).start()


def end() -> None:
    """Show nothing from now on, and erase the bar."""
    if _NOW.ended is not None:
        _NOW.ended.set()
        _NOW.ended = None
    clear()


def silence() -> None:
    """Show nothing in this run."""
    _NOW.silent = True
    clear()


def clear() -> None:
    """Erase the bar: something else is written."""
    with _NOW.lock:  # the bar may be drawn at this moment
        if _NOW.drawn:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
            _NOW.drawn = False


def part(done: int, total: int, name: str = "") -> None:
    """So many parts of the work are done; the next is called `name`."""
    _NOW.part = (done, total, name)


def step(what: str) -> None:
    """This is being done now, such as `reading a.yaml`."""
    _NOW.said = what


def bar(width: int) -> str:
    """The line for a terminal with so many columns."""
    done, total, name = _NOW.part
    filled = _WIDTH * done // total if total else 0
    counted = f" {done}/{total}" if total else ""
    line = f"[{'#' * filled}{'.' * (_WIDTH - filled)}]{counted} {_shown(name)}"
    return line[: max(width - 1, 0)]


def line(seconds: float) -> str:
    """The line for a log, after so many seconds."""
    done, total, name = _NOW.part
    counted = f" ({done} of {total} done)" if total else ""
    return f"stackgen: {_shown(name)}{counted}, {seconds:.0f} s"


def _shown(name: str) -> str:
    from stackgen.escape import message

    return message(": ".join(text for text in (name, _NOW.said) if text) or "starting")


def _watch(ended: threading.Event, terminal: bool) -> None:
    began, wait = time.monotonic(), AFTER
    while not ended.wait(wait):
        wait = _BAR_EVERY if terminal else _LINE_EVERY
        if _NOW.silent:
            return
        with _NOW.lock:
            if ended.is_set():
                return
            try:
                _draw(terminal, time.monotonic() - began)
            except (OSError, ValueError):  # standard error is closed
                return


def _draw(terminal: bool, seconds: float) -> None:
    if not terminal:
        sys.stderr.write(f"{line(seconds)}\n")
    else:
        try:
            width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        except OSError:
            width = 80
        sys.stderr.write(f"{_ERASE}{bar(width)}")
        _NOW.drawn = True
    sys.stderr.flush()
