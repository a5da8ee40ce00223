"""Streams that are full, closed or gone, and a working directory that is gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox import ROOT, environment

PROGRAM = f"'{sys.executable}' -m stackgen"


def _shell(script: str, cwd: Path) -> tuple[int, str]:
    """The exit code of a script, and what it printed with its errors."""
    env = environment(PYTHONPATH=str(ROOT / "generator"))
    done = subprocess.run(
        ["bash", "-c", script], cwd=cwd, env=env, capture_output=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    code, said = _shell(f"{PROGRAM} rules > /dev/full", tmp_path)
    assert (code, said) == (
        2, "stackgen: standard output cannot be written: no space left on device\n"
    )  # fmt: skip


@pytest.mark.parametrize("command", ["rules", "schemas list", "policies list", "schemas stack"])
def test_closed_standard_output_is_said(tmp_path: Path, command: str) -> None:
    assert _shell(f"{PROGRAM} {command} >&-", tmp_path) == (
        2, "stackgen: standard output is closed\n"
    )  # fmt: skip


def test_a_pipe_that_nothing_reads_is_quiet(tmp_path: Path) -> None:
    script = f"{PROGRAM} schemas list | true; echo ${{PIPESTATUS[0]}}"
    assert _shell(script, tmp_path) == (0, "141\n")


def test_closed_standard_input_is_said(tmp_path: Path) -> None:
    assert _shell(f"{PROGRAM} lint - <&-", tmp_path) == (2, "stackgen: <stdin>: is closed\n")


def test_closed_standard_error_changes_no_exit_code(tmp_path: Path) -> None:
    assert _shell(f"{PROGRAM} lint nowhere.yaml 2>&-", tmp_path) == (2, "")


@pytest.mark.parametrize("command", ["build", "plan", "lint x.yaml", "net list", "init", "diff"])
def test_a_working_directory_that_is_gone_is_no_fault(tmp_path: Path, command: str) -> None:
    script = f"mkdir gone && cd gone && rmdir ../gone && {PROGRAM} {command}"
    code, said = _shell(script, tmp_path)
    assert code == 2
    assert "fault" not in said
