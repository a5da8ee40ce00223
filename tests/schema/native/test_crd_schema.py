"""The schemas inside a CustomResourceDefinition."""

from __future__ import annotations

import warnings

import pytest

from stackgen.schema.engine import validate
from stackgen.schema.store import SchemaCatalog
from tests.schema.given import definition


@pytest.mark.parametrize(
    ("pattern", "rules"),
    [
        ("^a{1,3}$", []),
        ("[[a]", []),  # Python warns of it
        ("(", ["schema-pattern"]),
        ("a{99999999999}", ["schema-pattern"]),
        ("(" * 5000 + ")" * 5000, ["schema-not-evaluated"]),
    ],
)
def test_patterns_are_read_as_the_server_reads_them(pattern: str, rules: list[str]) -> None:
    crd = definition({"type": "string", "pattern": pattern})
    with warnings.catch_warnings(action="error"):
        found = validate(crd, catalog=SchemaCatalog())
    assert [p.rule for p in found if p.path[:1] == ("spec",)] == rules
