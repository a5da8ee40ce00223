"""Data that is derived from files of the program is kept while they are as they were."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from stackgen.derived import derived


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of the program, where Python may write."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    file = tmp_path / "rows.yaml"
    file.write_text("a: 1\n", encoding="utf-8")
    return file


def _ask(source: Path) -> tuple[Any, int]:
    """The data, and how often it was derived for that."""
    calls: list[str] = []

    def derive() -> list[str]:
        calls.append(source.read_text(encoding="utf-8"))
        return calls[-1].split()

    return derived(str(source), (str(source),), derive), len(calls)


def test_data_is_derived_once(source: Path) -> None:
    assert _ask(source) == (["a:", "1"], 1)
    assert _ask(source) == (["a:", "1"], 0)


def test_a_changed_file_is_derived_again(source: Path) -> None:
    _ask(source)
    source.write_text("a: 12\n", encoding="utf-8")
    assert _ask(source) == (["a:", "12"], 1)
    os.utime(source, ns=(1, 1))
    assert _ask(source) == (["a:", "12"], 1)


@pytest.mark.parametrize("rest", [b"", b"\xff", b"["])
def test_damaged_data_is_derived_again(source: Path, rest: bytes) -> None:
    _ask(source)
    (kept,) = (source.parent / "__pycache__").iterdir()
    head = kept.read_bytes().partition(b"\n")[0]
    kept.write_bytes(head + b"\n" + rest)
    assert _ask(source) == (["a:", "1"], 1)
    assert _ask(source) == (["a:", "1"], 0)


def test_where_python_may_not_write_nothing_is_kept(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert _ask(source) == (["a:", "1"], 1)
    assert [one.name for one in source.parent.iterdir()] == ["rows.yaml"]


def test_what_a_wheel_has_built_in_is_read(source: Path) -> None:
    Path(f"{source}.json").write_text(json.dumps(["built", "in"]), encoding="utf-8")
    assert _ask(source) == (["built", "in"], 0)
