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


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise BudgetExceeded in the block when it takes longer than `seconds`.

    The handler and the timer of whatever else uses SIGALRM are as before afterwards.
    """
    on_main = threading.current_thread() is threading.main_thread()
    if not on_main or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise BudgetExceeded

    handler = signal.signal(signal.SIGALRM, stop)
    began = time.monotonic()
    # It goes off again: an exception is lost when it is raised in a destructor.
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
        if left:
            passed = time.monotonic() - began
            signal.setitimer(signal.ITIMER_REAL, max(left - passed, 1e-6), interval)
