"""Every rule of the family finds its bad examples and nothing in its good ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.findings.model import Finding, Severity
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from tests.checks.families import found_by, rules_of

CASES = Path(__file__).parents[2] / "cases" / "rules"
FILES = [
    pytest.param(rule.id, path, id=f"{rule.id}/{path.stem}")
    for rule in rules_of("schema")
    for path in sorted((CASES / rule.id).glob("*.yaml"))
    if rule.id != "schema-yaml"
]


def found(text: str, name: str) -> list[Finding]:
    documents = parse(text, name)
    resources = tuple(Resource(data=d.data, file=name, document=d) for d in documents)
    return found_by("schema", Context(Bundle(resources)))


@pytest.mark.parametrize(("rule", "path"), FILES)
def test_fixture(rule: str, path: Path) -> None:
    # Policies of Kyverno are judged, and have no schema.
    findings = [
        finding
        for finding in found(path.read_text(encoding="utf-8"), path.name)
        if finding.rule.id != "schema-unknown-kind" or rule == finding.rule.id
    ]
    if path.name.startswith("good-"):
        assert findings == []
    else:
        assert {f.rule.id for f in findings} == {rule}


def test_a_finding_points_at_the_key_or_value() -> None:
    (finding,) = found(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndatas: {}\n", "a.yaml"
    )
    (place,) = finding.places
    assert place.resource is not None
    mark = place.resource.mark(place.path, place.key)
    assert mark is not None
    assert (mark.line, mark.column) == (4, 1)


def test_a_kind_that_may_be_installed_is_an_info_unless_it_resembles_a_known_one() -> None:
    (finding,) = found("{apiVersion: example.org/v1, kind: Thing, metadata: {name: a}}", "a.yaml")
    assert finding.level is Severity.INFO
    api = "serving.kserve.io/v1beta1"
    (finding,) = found(
        f"{{apiVersion: {api}, kind: InferenceServce, metadata: {{name: a}}}}", "a.yaml"
    )
    assert finding.level is Severity.WARNING
    assert 'did you mean "InferenceService"?' in finding.message
