"""Wrong specs: what a user is told, to the letter, and that nothing is written.

A case is a folder of tests/cases/spec: a stack.yaml, perhaps overlays, and expected.txt with
what `stackgen build` says and returns; with arguments.txt, what it says when called with those
(where the spec compiles, so that only the rules in question speak).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import stackgen, state

CASES = Path(__file__).parents[2] / "cases" / "spec"
NAMES = sorted(folder.name for folder in CASES.iterdir() if (folder / "stack.yaml").exists())


def _arguments(name: str) -> list[str]:
    file = CASES / name / "arguments.txt"
    return file.read_text(encoding="utf-8").split() if file.exists() else []


def _counted(text: str) -> str:
    """How many objects a stack has is not what these cases are about."""
    text = re.sub(r"\b[0-9]{2,} documents", "N documents", text)
    return re.sub(r"\b[0-9]{2,} (files|added)", r"N \1", text)


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_spec_is_told_as_expected(
    name: str, tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    shutil.copytree(CASES / name, tmp_path, dirs_exist_ok=True)
    for env in ("default", "dev", "prod"):
        mine = tmp_path / "out" / env / "mine.yaml"
        mine.parent.mkdir(parents=True)
        mine.write_text("of somebody else\n")
    before = state(tmp_path)
    run = stackgen("build", *_arguments(name), cwd=tmp_path)
    golden(CASES / name / "expected.txt", _counted(run.text))
    if run.code:
        assert state(tmp_path) == before


@pytest.mark.parametrize("name", NAMES[::8])
def test_check_finds_the_same_and_writes_nothing(name: str, tmp_path: Path) -> None:
    shutil.copytree(CASES / name, tmp_path, dirs_exist_ok=True)
    before = state(tmp_path)
    options = ("--check", "--ignore", "gitops-stale-output", *_arguments(name))
    run = stackgen("build", *options, cwd=tmp_path)
    expected = (CASES / name / "expected.txt").read_text(encoding="utf-8")
    assert f"[exit {run.code}]" in expected
    assert _counted(run.out) in expected
    assert state(tmp_path) == before


def test_there_are_enough_cases() -> None:
    assert len(NAMES) >= 40
