"""The time limit of a check: it stops what does not end, and leaves no trace behind."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

import pytest

from stackgen.checks.budget import BudgetExceeded, several, within


@pytest.fixture
def alarms() -> Iterator[list[int]]:
    """The alarms that come to a handler that is not ours."""
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    before = signal.signal(signal.SIGALRM, note)
    yield came
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def endless() -> None:
    while True:
        pass


def test_what_does_not_end_is_stopped() -> None:
    with pytest.raises(BudgetExceeded), within(0.02):
        endless()


@pytest.mark.parametrize("seconds", [0.02, 60])
def test_handler_and_timer_are_as_before(alarms: list[int], seconds: float) -> None:
    handler = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 500, 7)
    try:
        with within(seconds):
            assert signal.getsignal(signal.SIGALRM) is not handler
            if seconds < 1:
                endless()
    except BudgetExceeded:
        assert seconds < 1
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    assert signal.getsignal(signal.SIGALRM) is handler
    assert 400 < left <= 500
    assert interval == pytest.approx(7)
    assert alarms == []


def test_no_timer_is_left(alarms: list[int]) -> None:
    with within(60):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_alarm_that_was_due_meanwhile_is_delivered_afterwards(alarms: list[int]) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    with pytest.raises(BudgetExceeded), within(0.05):
        endless()
    time.sleep(0.1)
    assert alarms == [signal.SIGALRM]


def test_in_another_thread_there_is_no_limit() -> None:
    ran: list[bool] = []

    def work() -> None:
        with within(0.001):
            ran.append(signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [True]


def test_several_limits_share_one_handler(alarms: list[int]) -> None:
    handler = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 500)
    with several():
        ours = signal.getsignal(signal.SIGALRM)
        for _ in range(2):
            with pytest.raises(BudgetExceeded), within(0.02):
                endless()
            assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
            assert signal.getsignal(signal.SIGALRM) is ours
    assert signal.getsignal(signal.SIGALRM) is handler is not ours
    assert 400 < signal.getitimer(signal.ITIMER_REAL)[0] <= 500
    assert alarms == []
