"""Rules about the fields of models and pools that the planner reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.planned import cases, check

RULES = ("spec-model-config", "spec-flex-start", "spec-derived-flag")


@pytest.mark.parametrize(("rule", "file"), cases(RULES))
def test_case(rule: str, file: Path) -> None:
    check(rule, file)
