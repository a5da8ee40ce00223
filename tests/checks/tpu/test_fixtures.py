"""Every rule finds its bad cases where they are, and no rule finds anything in a good one.

A case is `tests/cases/rules/<rule id>/{good,bad}-*.yaml`. Comments at its head say what is
expected: `# expect: Kind/name path` once for each finding of the rule, and `# profile: {...}`,
`# release: ...` for what is known about the cluster.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks import tpu
from stackgen.findings.model import Rule, Severity
from stackgen.manifest.yaml_in import parse
from tests.checks.tpu.cases import CASES, RULES, comments, context_of, files, found, said, shown


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


@pytest.mark.parametrize("rule", [r.id for r in RULES])
def test_a_rule_has_a_bad_and_a_good_case(rule: str) -> None:
    kinds = {file.name.split("-")[0] for file in (CASES / rule).glob("*.yaml")}
    assert kinds == {"bad", "good"}


def test_a_rule_is_named_after_its_module() -> None:
    folder = Path(str(tpu.__file__)).parent
    assert [rule.id for rule in tpu.RULES] == [rule_id for rule_id, _ in tpu.CHECKS]
    for rule in RULES:
        assert (folder / f"{rule.id.replace('-', '_')}.py").is_file()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_is_only_inferred_is_no_error(rule: Rule) -> None:
    inferred = rule.source.startswith(("Inferred", "Unverified")) or rule.confidence != "high"
    assert not (inferred and rule.severity is Severity.ERROR)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_examples_of_a_rule_are_yaml(rule: Rule) -> None:
    for example in (rule.bad, rule.good):
        documents = parse(example, "example.yaml")
        assert documents and not any(d.problems for d in documents)
