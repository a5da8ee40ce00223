"""`stackgen rules`, and the overview of the pages."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner, Result

from stackgen.cli.rules import rules
from stackgen.findings.rules import all_rules
from stackgen.report import rule_docs
from tests.sandbox import ROOT, run_ok


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules, list(arguments))


def test_formats_list_every_rule() -> None:
    ids = set(all_rules())
    assert {r["id"] for r in json.loads(run("--output-format", "json").output)["rules"]} == ids
    text, table = run().output, run("--output-format", "markdown").output
    assert all(f"  {name} " in text for name in ids)
    assert all(f"[{name}]({name}.md)" in table for name in ids)


def test_selection() -> None:
    listed = json.loads(run("--output-format", "json", "--select", "suppression-*").output)
    assert sorted(r["id"] for r in listed["rules"]) == [
        "suppression-expired", "suppression-unused", "suppression-without-reason",
    ]  # fmt: skip


def test_the_overview_in_docs_is_what_the_pages_say() -> None:
    wrong = rule_docs.main(["--check", str(ROOT / rule_docs.FILE)])
    assert wrong == 0, "run: python -m stackgen.report.rule_docs --write"


@pytest.mark.parametrize("command", [("rules",), ("explain", "tpu-lws-size")])
def test_no_check_is_imported(command: tuple[str, ...]) -> None:
    program = (
        "import sys\n"
        "from stackgen.cli.main import cli\n"
        f"cli.main({list(command)!r}, standalone_mode=False)\n"
        "print('CHECKS', *sorted(m for m in sys.modules if m.startswith('stackgen.checks')))\n"
    )
    printed = run_ok([sys.executable, "-c", program], ROOT)
    assert "tpu-lws-size" in printed
    assert printed.splitlines()[-1] == "CHECKS"
