"""Every rule of the family finds its bad examples and nothing in its good ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.checks.schema import CHECKS, RULES, judge, schema_yaml
from stackgen.findings.model import Finding, Severity
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse

CASES = Path(__file__).parents[2] / "cases" / "rules"
# These two need more than a document: an earlier one, or a schema of the user's.
WITHOUT_FILES = {"schema-immutable", "schema-not-evaluated", schema_yaml.RULE.id}
FILES = [
    pytest.param(rule.id, path, id=f"{rule.id}/{path.stem}")
    for rule in RULES
    for path in sorted((CASES / rule.id).glob("*.yaml"))
    if rule.id != schema_yaml.RULE.id
]


def found(text: str, name: str) -> list[Finding]:
    documents = parse(text, name)
    resources = tuple(Resource(data=d.data, file=name, document=d) for d in documents)
    return list(judge.check(Context(Bundle(resources))))


@pytest.mark.parametrize(("rule", "path"), FILES)
def test_fixture(rule: str, path: Path) -> None:
    findings = found(path.read_text(encoding="utf-8"), path.name)
    if path.name.startswith("good-"):
        assert findings == []
    else:
        assert {f.rule.id for f in findings} == {rule}


@pytest.mark.parametrize("rule", [r.id for r in RULES if r.id not in WITHOUT_FILES])
def test_every_rule_has_good_and_bad_fixtures(rule: str) -> None:
    names = os.listdir(CASES / rule)
    assert any(n.startswith("bad-") for n in names)
    assert any(n.startswith("good-") for n in names)


def test_a_finding_points_at_the_key_or_value() -> None:
    (finding,) = found(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndatas: {}\n", "a.yaml"
    )
    (place,) = finding.places
    assert place.resource is not None
    mark = place.resource.mark(place.path, place.key)
    assert mark is not None
    assert (mark.line, mark.column) == (4, 1)


def test_a_kind_that_may_be_installed_is_a_warning() -> None:
    (finding,) = found("{apiVersion: example.org/v1, kind: Thing, metadata: {name: a}}", "a.yaml")
    assert finding.level is Severity.WARNING


def test_rules_are_named_after_their_modules() -> None:
    folder = Path(judge.__file__).parent
    for rule in RULES:
        assert (folder / f"{rule.id.replace('-', '_')}.py").is_file()
    assert [check_id for check_id, _ in CHECKS] == ["schema"]
