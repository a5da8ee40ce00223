"""From findings to an outcome: order, counts, merging."""

from __future__ import annotations

import dataclasses

from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.pipeline import Outcome, Summary
from stackgen.findings.suppress import Suppression
from stackgen.manifest.document import Mark
from tests.findings.given import HINT, PROBE, WHOLE_HOST, outcome, service, whole_host

TEXT = "a: 1\nb: 2\nc: 3\n"


def at(line: int, file: str = "a.yaml", column: int = 1) -> Place:
    return Place(file=file, text=TEXT, mark=Mark(line, column, column + 1))


def seen(result: Outcome) -> list[str]:
    return [x.finding.message for x in result.findings]


def test_worst_first_then_file_line_column_rule() -> None:
    findings = [
        HINT.finding("7", at(1)),
        PROBE.finding("6", at(1)),
        WHOLE_HOST.finding("5", at(1, "b.yaml")),
        WHOLE_HOST.finding("4", at(3)),
        WHOLE_HOST.finding("3", at(2, column=4)),
        WHOLE_HOST.finding("2", at(2)),
        dataclasses.replace(PROBE, severity=Severity.ERROR).finding("1", at(2)),
        WHOLE_HOST.finding("0"),
    ]
    assert seen(outcome(findings)) == list("01234567")
    assert seen(outcome(reversed(findings))) == list("01234567")


def test_counts() -> None:
    findings: list[Finding] = [
        whole_host(),
        PROBE.finding("slow", at(1)),
        PROBE.finding("slow", at(2)),
        HINT.finding("tag"),
    ]
    accepted = Suppression("policy-image-digest", "why", place=at(1))
    result = outcome(findings, suppressions=[accepted], documents=7)
    assert result.summary == Summary(1, 2, 0, 1, 7, 0)
    assert result.exit_code == 1


def test_one_mistake_seen_twice_is_one_finding() -> None:
    assert len(outcome([whole_host(), whole_host()]).findings) == 1


def test_a_spec_line_rendered_for_two_environments_is_one_finding() -> None:
    dev = dataclasses.replace(service(), file="out/dev/x.yaml")
    prod = dataclasses.replace(service(), file="out/prod/x.yaml")
    result = outcome([whole_host(dev), whole_host(prod)])
    assert [(x.role, x.file) for x in result.findings[0].locations] == [
        ("primary", "stack.yaml"),
        ("secondary", "stack.yaml"),
        ("rendered", "out/dev/x.yaml"),
        ("rendered", "out/prod/x.yaml"),
    ]
    assert result.summary.errors == 1


def test_different_objects_at_one_spec_line_stay_apart() -> None:
    other = service()
    data = {**other.data, "metadata": {**other.metadata, "name": "other"}}
    result = outcome([whole_host(), whole_host(dataclasses.replace(other, data=data))])
    assert result.summary.errors == 2


def test_nothing_to_look_at_is_not_green() -> None:
    result = outcome([], documents=0)
    assert result.exit_code == 2
    assert result.notes == ("nothing was checked: no documents",)


def test_a_value_as_large_as_a_file_does_not_fill_the_message() -> None:
    (found,) = seen(outcome([HINT.finding(f"no option --{'x' * 100_000}", at(1))]))
    assert found.startswith("no option --xxx") and len(found) < 200
