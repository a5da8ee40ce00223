"""How checks are run: selection, and rules that fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from stackgen.checks import gitops, registry
from stackgen.checks.context import Context
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.findings.pipeline import Options, conclude
from stackgen.findings.select import selection
from stackgen.manifest.resource import Bundle, Resource
from stackgen.report import render
from stackgen.report.style import Style

SAID = Rule("gitops-said", "gitops", Severity.WARNING, "s", "i", "r", "t")


def _context() -> Context:
    data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}}
    return Context(Bundle((Resource(data, "a.yaml"),)))


def _fails_midway(context: Context) -> Iterator[Finding]:
    yield SAID.finding("said before it failed", Place(resource=context.bundle.objects[0]))
    raise KeyError("labels")


def _speaks(context: Context) -> Iterator[Finding]:
    yield SAID.finding("the next one still runs", Place(resource=context.bundle.objects[0]))


def test_a_rule_that_raises_is_a_finding_and_the_others_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = (("gitops-broken", _fails_midway), ("gitops-next", _speaks))
    monkeypatch.setattr(gitops, "CHECKS", checks)
    found = registry.run(_context())
    outcome = conclude(
        found, Options(selection(registry.all_rules())), documents=1, today=date(2026, 11, 23)
    )
    text = render("concise", outcome, Style())
    assert "error[rule-crashed] the rule gitops-broken raised KeyError: 'labels'" in text
    assert "warning[gitops-said] said before it failed" in text
    assert "warning[gitops-said] the next one still runs" in text
    assert outcome.exit_code == 1


def test_checks_that_nobody_wants_do_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def note(name: str) -> object:
        def check(_: Context) -> list[Finding]:
            ran.append(name)
            return []

        return check

    monkeypatch.setattr(
        gitops, "CHECKS", (("gitops-stale-output", note("rule")), ("pass", note("pass")))
    )
    registry.run(_context(), lambda rule: rule.family == "gitops")
    assert ran == ["rule", "pass"]
    ran.clear()
    registry.run(_context(), lambda rule: rule.family == "schema")
    assert ran == []


def test_ids_are_unique_and_say_their_family_once() -> None:
    seen: dict[str, str] = {}
    for name in registry.PACKAGES:
        package = registry._package(name)
        for rule in registry._rules_of(package):
            assert rule.id not in seen, f"{rule.id} is in {seen.get(rule.id)} and {name}"
            seen[rule.id] = name
    assert len(seen) > 150
