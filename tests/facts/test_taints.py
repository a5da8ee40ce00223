"""Taints and tolerations, as the scheduler compares them."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.facts.taints import is_hard, tolerates

TAINT = {"key": "team", "value": "llm", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("toleration", "matches"),
    [
        ({"key": "team", "value": "llm"}, True),
        ({"key": "team", "operator": "Equal", "value": "llm", "effect": "NoSchedule"}, True),
        ({"key": "team", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "team", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "team", "value": "others"}, False),
        ({"key": "team"}, False),
        ({"key": "others", "operator": "Exists"}, False),
    ],
)
def test_a_toleration_matches_key_value_and_effect(
    toleration: dict[str, Any], matches: bool
) -> None:
    assert tolerates([toleration], TAINT) is matches
    assert tolerates([toleration], {**TAINT, "effect": "NO_SCHEDULE"}) is matches


def test_booleans_of_terraform_are_strings() -> None:
    taint = {"key": "team", "value": True, "effect": "NO_EXECUTE"}
    assert tolerates([{"key": "team", "value": "true", "effect": "NoExecute"}], taint)


def test_preferences_keep_no_pod_away() -> None:
    assert is_hard(TAINT) and not is_hard({**TAINT, "effect": "PreferNoSchedule"})
