"""Every rule finds its bad cases where they are, and no rule finds anything in a good one.

A case is `tests/cases/rules/<rule id>/{good,bad}-*.yaml`. Comments at its head say what is
expected: `# expect: Kind/name path` once for each finding of the rule, and `# profile: {...}`,
`# release: ...` for what is known about the cluster.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.findings.model import Rule, Severity
from tests.checks.tpu.cases import RULES, comments, context_of, files, found, said, shown


def name(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


@pytest.mark.parametrize("file", files("bad"), ids=name)
def test_a_bad_case_is_found_where_it_is(file: Path) -> None:
    expected = comments(file, "expect")
    own = [f for f in found(context_of(file)) if f.rule.id == file.parent.name]
    assert expected, f"{file} does not say what is expected"
    assert sorted(map(shown, own)) == sorted(expected)


@pytest.mark.parametrize("file", files("good"), ids=name)
def test_a_good_case_is_clean_under_every_rule(file: Path) -> None:
    assert said(context_of(file)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_is_only_inferred_is_no_error(rule: Rule) -> None:
    unsure = [s for s in rule.sources if s.what.startswith(("Inferred", "Unverified"))]
    inferred = unsure or rule.confidence != "high"
    assert not (inferred and rule.severity is Severity.ERROR)
