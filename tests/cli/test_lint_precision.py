"""What `stackgen lint` must not say: inputs with which it was wrong once.

A case is `tests/cases/precision/*.yaml`. Its first line names the rules that find nothing, and
`error` where they find no error. `# file: PATH` begins a file.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli
from stackgen.findings.rules import all_rules
from tests.docs.test_rules import written

CASES = sorted((Path(__file__).parents[1] / "cases" / "precision").glob("*.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_nothing_is_said(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = case.read_text(encoding="utf-8")
    words = text.partition("\n")[0].removeprefix("# absent: ").split()
    rules = [word for word in words if word != "error"]
    assert rules and set(rules) <= all_rules().keys()
    monkeypatch.chdir(written(tmp_path / "in", text))
    options = ["--no-cache", "--output-format", "json", "--select", ",".join(rules)]
    run = CliRunner().invoke(cli, ["lint", *options, "."])
    found = json.loads(run.stdout)["findings"]
    found = [f for f in found if "error" not in words or f["severity"] == "error"]
    assert [f["message"] for f in found if f["severity"] != "info"] == []
