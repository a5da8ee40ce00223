"""`stackgen lint` on staging beside production, which has all objects of it and more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli
from tests.docs.test_rules import written

CASE = Path(__file__).parents[1] / "cases" / "precision" / "script-of-one-environment.yaml"


def test_a_script_is_judged_with_the_whole_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = CASE.read_text(encoding="utf-8").replace("-l app=chat", "-l app=chats")
    monkeypatch.chdir(written(tmp_path / "in", text))
    options = ["--no-cache", "--output-format", "json", "--select", "script-selects-nothing"]
    found = json.loads(CliRunner().invoke(cli, ["lint", *options, "."]).stdout)["findings"]
    assert ["app=chats" in one["message"] for one in found] == [True]
