"""`stackgen rules`, and the pages made from the same rules."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from stackgen.checks.registry import all_rules
from stackgen.cli.rules import rules
from stackgen.findings.model import FAMILIES, Severity
from stackgen.report import rule_docs


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


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.id)
def test_every_rule_says_what_there_is_to_say(rule) -> None:  # type: ignore[no-untyped-def]
    assert rule.id == rule.id.lower()
    assert " " not in rule.id
    assert rule.family in FAMILIES
    assert rule.severity in Severity
    for text in (rule.summary, rule.impact, rule.remedy, rule.source):
        assert text.strip() == text != ""


def test_pages_in_docs_are_what_the_rules_say() -> None:
    drifted = rule_docs.drift(all_rules(), rule_docs.FOLDER)
    assert drifted == [], "run: python -m stackgen.report.rule_docs --write"
