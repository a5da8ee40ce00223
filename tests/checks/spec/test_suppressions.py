"""The rules about suppressions, on files that break them and files that do not."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from stackgen.cli.main import run

CASES = Path(__file__).resolve().parents[2] / "cases" / "rules"
FILES = sorted(CASES.glob("suppression-*/*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_case(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(file, tmp_path / "stack.yaml")
    monkeypatch.chdir(tmp_path)
    is_stack = "kind: Stack" in file.read_text(encoding="utf-8")
    command = ["build", "--check"] if is_stack else ["lint", "stack.yaml"]
    monkeypatch.setattr(sys, "argv", ["stackgen", *command, "--output-format", "json"])
    with pytest.raises(SystemExit):
        run()
    findings = json.loads(capsys.readouterr().out)["findings"]
    about = {f["rule"] for f in findings if f["rule"].startswith("suppression-")}
    assert about == ({file.parent.name} if file.stem.startswith("bad-") else set())
