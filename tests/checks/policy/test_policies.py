"""Every shipped policy against its own cases, and every good case against every policy.

A case is `tests/cases/rules/<rule id>/{good,bad}-*.yaml`. Comments at its head say what is
expected: `# expect: Kind/name path` once for each finding of the rule, and `# profile: {...}`,
`# release: ...` for what is known about the cluster.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from stackgen.checks.context import Context
from stackgen.checks.policy import pack, pass_shipped
from stackgen.findings.model import Finding
from stackgen.manifest.document import show_path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse

CASES = Path(__file__).parents[2] / "cases" / "rules"
POLICIES = {p.rule.id: p for p in pack.policies()}
FILES = sorted(f for rule_id in POLICIES for f in (CASES / rule_id).glob("*.yaml"))
BAD = [f for f in FILES if f.name.startswith("bad-")]
GOOD = [f for f in FILES if f.name.startswith("good-")]
COMMENT = re.compile(r"# (expect|profile|release): (.*)")


def comments(file: Path, name: str) -> list[str]:
    found = (COMMENT.match(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [m[2] for m in found if m and m[1] == name]


def context_of(file: Path) -> Context:
    documents = parse(file.read_text(encoding="utf-8"), file.name)
    assert documents and not any(d.problems for d in documents)
    resources = tuple(Resource(d.data, file.name, document=d) for d in documents)
    profile = yaml.safe_load((comments(file, "profile") or ["{}"])[0])
    release = (comments(file, "release") or [""])[0]
    return Context(Bundle(resources), release=release, profile=profile)


def name(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


def shown(finding: Finding) -> str:
    place = finding.places[0]
    assert place.resource is not None
    return f"{place.resource.kind}/{place.resource.name} {show_path(place.path)}"


@pytest.mark.parametrize("file", BAD, ids=name)
def test_a_bad_case_is_found_where_it_is(file: Path) -> None:
    expected = comments(file, "expect")
    findings = [f for f in pass_shipped.check(context_of(file)) if f.rule.id == file.parent.name]
    assert expected, f"{file} does not say what is expected"
    assert sorted(map(shown, findings)) == sorted(expected)


@pytest.mark.parametrize("file", GOOD, ids=name)
def test_a_good_case_is_clean_under_every_policy(file: Path) -> None:
    findings = list(pass_shipped.check(context_of(file)))
    assert [f"{f.rule.id}: {f.message}: {shown(f)}" for f in findings] == []


@pytest.mark.parametrize("rule_id", POLICIES)
def test_a_policy_has_rego_tests_and_a_file_named_after_it(rule_id: str) -> None:
    file = Path(POLICIES[rule_id].file)
    tests = file.with_name(f"{rule_id}_test.rego").read_text(encoding="utf-8")
    text = file.read_text(encoding="utf-8")
    assert f"test_{rule_id.replace('-', '_')}_" in tests
    assert set(re.findall(r'"id": "([a-z0-9-]+)"', text)) == {rule_id}
    assert set(re.findall(r"^package (\S+)", text, re.MULTILINE)) == {"main"}
