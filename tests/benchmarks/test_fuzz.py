"""The fuzzer reports what is planted, and nothing else."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks.fuzz import __main__ as fuzz
from benchmarks.fuzz.targets import TARGETS

from stackgen.cli.main import cli
from stackgen.errors import UsageError
from tests.sandbox import ROOT, run

MIB = 2**20


def traceback(_: Any) -> None:
    raise KeyError("planted")


def hang(_: Any) -> None:
    while True:
        sum(range(1000))


def hang_that_handles_errors(_: Any) -> None:
    while True:
        try:
            sum(range(1000))
        except Exception:
            continue


def killed(_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crashed_rule(_: Any) -> None:
    print("error[rule-crashed] the check probe-x raised ValueError: planted")


def crashed_worker(_: Any) -> None:
    print("error[policy-not-evaluated] the policies stopped with status 1: KeyError")


def told(_: Any) -> None:
    raise UsageError("in.yaml: is no YAML")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is reached at once. A process that was forked has the memory of this one."""
    monkeypatch.setattr(fuzz, "SECONDS", 0.5)
    monkeypatch.setattr(fuzz, "MEMORY", 16 * fuzz.MEMORY)


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (traceback, "KeyError in "),
        (hang, "hang in "),
        (hang_that_handles_errors, "hang in "),
        (killed, "the process ended with status 9"),
        (crashed_rule, "rule raised: "),
        (crashed_worker, "rule raised: "),
        (told, ""),
        (lambda _: 1, ""),
    ],
)
def test_what_is_planted_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[Any], Any], said: str
) -> None:
    monkeypatch.setattr(cli, "main", lambda arguments, **_: plant(arguments))
    count, failed = fuzz._batch([("lint", 1)], tmp_path)
    assert count == 1
    assert [(name, seed) for name, seed, _ in failed] == ([("lint", 1)] if said else [])
    assert all(text.startswith(said) for _, _, text in failed)
    assert (tmp_path / "lint-1").exists() == bool(said)


def test_memory_is_reported(tmp_path: Path) -> None:
    """In a process of its own: this one may have more memory than the limit."""
    code = (
        "import sys, pathlib\n"
        "from benchmarks.fuzz import __main__ as fuzz\n"
        "from stackgen.cli.main import cli\n"
        "fuzz.MEMORY = 300 * 2**20\n"
        "cli.main = lambda arguments, **_: len(b'x' * (400 * 2**20))\n"
        "print(fuzz._batch([('baseline', 1)], pathlib.Path(sys.argv[1])))\n"
    )
    done = run([sys.executable, "-c", code, str(tmp_path)], ROOT)
    assert done.stdout.startswith("(1, [('baseline', 1, 'memory: 4"), done.stdout


def test_counts_and_the_failing_inputs_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "main", lambda arguments, **_: traceback(arguments))
    monkeypatch.setattr(fuzz, "BATCH", 3)
    monkeypatch.setattr(fuzz, "EVERY", -1)
    given = ["--minutes", "0.0001", "--target", "baseline", "--keep", str(tmp_path)]
    assert fuzz.main(given) == 1
    first, progress, *_, by_target, last = capsys.readouterr().out.splitlines()
    assert first.startswith("FAILED KeyError in ")
    assert first.endswith(f"({tmp_path}/baseline-1000000)")
    assert (tmp_path / "baseline-1000000" / "b.json").is_file()
    assert progress.startswith("3 executions in ")
    assert by_target.startswith("baseline ")
    assert "1 distinct failures (" in last


def test_an_interrupted_run_says_its_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fuzz, "_batch", interrupted)
    assert fuzz.main(["--minutes", "1", "--target", "lint"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 executions in ")


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_writes_the_same_input_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"])  # a target may put a program before others
    made = []
    for place in ("a", "b"):
        folder = tmp_path / place / "case"
        folder.mkdir(parents=True)
        arguments = TARGETS[name](folder, random.Random(7))
        files = {
            str(file.relative_to(folder)): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file() and ".git" not in file.parts and "bin" not in file.parts
        }
        made.append((files, [text.replace(str(tmp_path / place), "") for text in arguments]))
    assert made[0] == made[1]
