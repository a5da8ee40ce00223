"""Every rule of the family on its own cases; a good case is clean under all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.findings.model import Finding
from tests.checks.families import found_by, rules_of
from tests.checks.policy.test_policies import CASES, comments, context_of, shown
from tests.stacks import build_data

FILES = [
    pytest.param(rule.id, path, id=f"{rule.id}/{path.stem}")
    for rule in rules_of("network")
    for path in sorted((CASES / rule.id).glob("*.yaml"))
]


def found(context: Context) -> list[Finding]:
    return found_by("network", context)


@pytest.mark.parametrize(("rule", "path"), FILES)
def test_fixture(rule: str, path: Path) -> None:
    findings = found(context_of(path))
    if path.name.startswith("good-"):
        assert [f"{f.rule.id}: {f.message}" for f in findings] == []
    else:
        assert sorted(shown(f) for f in findings if f.rule.id == rule) == comments(path, "expect")
        assert {f.rule.id for f in findings} == {rule}


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_the_reference_stack_is_clean_even_as_foreign_manifests(env: str) -> None:
    bundle = build_data(env).bundle
    assert bundle is not None
    findings = [f"{f.rule.id}: {f.message}" for f in found(Context(bundle))]
    assert findings == []
