"""The proof as findings: at the line of the spec that asked for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.planned import cases, check, findings_of

RULES = ("net-required-flows", "net-forbidden-flows")


@pytest.mark.parametrize(("rule", "file"), cases(RULES))
def test_case(rule: str, file: Path) -> None:
    check(rule, file)


def test_without_default_deny_needed_flows_are_still_asked() -> None:
    found = {f.rule.id for f, _ in findings_of("spec: {network: {defaultDeny: false}}\n")}
    assert not found & set(RULES)
