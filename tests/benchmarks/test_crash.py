"""The crash benchmark finds nothing, and would find something."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import crash


def test_kills_and_faults_leave_out_old_or_new(capsys: pytest.CaptureFixture[str]) -> None:
    assert crash.main(["--kills", "60", "--builds", "0"]) == 0
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last[-6:] == ["60", "0", "0", "0", "0", "0"]


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    out = crash._prepared(str(tmp_path))
    old = crash.contents(out)
    assert crash.judge(out, old, {}) == []
    Path(out, "dev", "NOTES.md").unlink()
    assert crash.judge(out, old, {}) == ["foreign lost"]
    Path(out, ".stackgen").mkdir()
    Path(out, "dev", "kustomization.yaml").write_text("new")
    assert crash.judge(out, old, {}) == ["litter", "mixed", "foreign lost"]
    Path(out, "dev", "kustomization.yaml").unlink()
    assert crash.judge(out, old, {}) == ["litter", "missing", "foreign lost"]
