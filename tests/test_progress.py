"""What is shown of a command that takes long, where, and that nothing is left of it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest

from stackgen import progress

SLOW = """
import time
from stackgen import progress
progress.AFTER, progress._LINE_EVERY = 0.05, 0.05
progress.begin()
{silence}
progress.part(3, 12, "prod")
progress.step("checking schema\\x1b[31m")
time.sleep(0.5)
progress.end()
"""


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    progress.part(0, 0)
    progress.step("")


def slow(silence: str = "", **environment: str) -> str:
    kept = {k: v for k, v in os.environ.items() if k != "CI"}
    done = subprocess.run(
        [sys.executable, "-c", SLOW.format(silence=silence)],
        capture_output=True, encoding="utf-8", check=True, env={**kept, **environment},
    )  # fmt: skip
    assert done.stdout == ""
    return done.stderr


def read_to_the_end(terminal: int) -> str:
    """All that was written to a terminal that is closed. A busy system gives it in parts."""
    parts = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux; macOS gives no bytes
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


def test_the_bar_says_what_is_done_within_the_width() -> None:
    progress.part(3, 12, "prod")
    progress.step("checking schema")
    assert progress.bar(80) == "[#####...............] 3/12 prod: checking schema"
    assert progress.bar(10) == "[#####..."
    progress.part(0, 0)
    assert progress.bar(80) == "[....................] checking schema"


def test_a_log_gets_lines() -> None:
    progress.part(3, 12, "prod")
    progress.step("checking schema")
    assert progress.line(14.2) == "stackgen: prod: checking schema (3 of 12 done), 14 s"


def test_a_ci_job_gets_lines_without_control_characters() -> None:
    said = slow(CI="true")
    assert said.startswith("stackgen: prod: checking schema")
    assert "\x1b" not in said


def test_a_pipe_and_a_quiet_run_get_nothing() -> None:
    assert slow() == ""
    assert slow("progress.silence()", CI="true") == ""


def test_a_terminal_gets_a_bar_that_is_erased() -> None:
    main, side = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", SLOW.format(silence="")],
        stderr=side, env={**os.environ, "TERM": "xterm"},
    ) as process:  # fmt: skip
        assert process.wait() == 0
    os.close(side)
    shown = read_to_the_end(main)
    os.close(main)
    assert "[#####...............] 3/12 prod: checking schema" in shown
    assert shown.endswith("\r\x1b[2K")
    assert "\n" not in shown
