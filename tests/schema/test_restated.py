"""The restated rules: every one can be understood."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.schema.cross_field import TRANSITIONS
from stackgen.schema.restated import load
from stackgen.schema.vocabulary import compile_condition

RULES = [(key, rule) for key, rules in load().items() for rule in rules]


@pytest.mark.parametrize(("key", "rule"), RULES)
def test_a_rule_is_made_of_words_of_the_vocabulary(key: str, rule: dict[str, Any]) -> None:
    assert len(key) == 12
    if not any(word in rule for word in TRANSITIONS):
        assert callable(compile_condition(rule))
