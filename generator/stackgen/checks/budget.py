"""The time that a check may take: a backstop for input that a check was not made for.

Checks are made to grow no faster than their input. Where one does not, a run must still end. The
clock is the system's interval timer, which is there in the main thread only; elsewhere checks run
without a limit. Code that is not Python, such as the policy engine, is stopped when it returns.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Per check. Far above what a check takes: all checks together take tens of seconds for 10,000
# objects. docs/reliability.md tells users the same figure.
SECONDS = 120.0


class BudgetExceeded(BaseException):
    """A check took too long. Not an Exception: a check may handle those, and go on."""


_READY: list[bool] = []  # whether the handler is installed


@contextmanager
def several() -> Iterator[None]:
    """Install the handler once for all of `within` in the block.

    The handler and the timer of whatever else uses SIGALRM are as before afterwards.
    """
    if _READY or not _can_stop():
        yield
        return
    began = time.monotonic()
    left, interval = signal.setitimer(signal.ITIMER_REAL, 0)
    handler = signal.signal(signal.SIGALRM, _stop)
    _READY.append(True)
    try:
        yield
    finally:
        _READY.clear()
        signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
        if left:
            passed = time.monotonic() - began
            signal.setitimer(signal.ITIMER_REAL, max(left - passed, 1e-6), interval)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise BudgetExceeded in the block when it takes longer than `seconds`."""
    if not _can_stop():
        yield
        return
    if not _READY:
        with several(), within(seconds):
            yield
        return
    # It goes off again: an exception is lost when it is raised in a destructor.
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _can_stop() -> bool:
    on_main = threading.current_thread() is threading.main_thread()
    return on_main and hasattr(signal, "setitimer")


def _stop(number: int, frame: FrameType | None) -> None:
    raise BudgetExceeded
