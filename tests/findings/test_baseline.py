"""Baselines: what was there before does not count, what is new does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stackgen.errors import UsageError
from stackgen.findings import baseline
from stackgen.findings.model import Place, Suppressed
from stackgen.findings.suppress import Suppression
from tests.findings.given import HINT, foreign, outcome, whole_host

PODS = "kind: Pod\nmetadata: {name: a}\nx: a:1\ny: b:1\n"
POD = foreign(PODS)[0]
FIRST = HINT.finding("is a tag", Place(POD, ("x",)))
SECOND = HINT.finding("is a tag", Place(POD, ("y",)))


def test_written_file_is_sorted_json_that_reads_back(tmp_path: Path) -> None:
    text = baseline.write(outcome([SECOND, whole_host(), FIRST], sources=[]).findings)
    data = json.loads(text)
    assert data["version"] == 1
    assert [(f["rule"], f["object"], f["path"], f["count"]) for f in data["findings"]] == [
        ("policy-image-digest", "Pod//a", "x", 1),
        ("policy-image-digest", "Pod//a", "y", 1),
        (
            "tpu-whole-host",
            "LLMInferenceService/llm/qwen2-3b-pattern1",
            "spec.serving.models[0].chips",
            1,
        ),
    ]
    assert text == baseline.write(outcome([FIRST, whole_host(), SECOND], sources=[]).findings)
    file = tmp_path / "baseline.json"
    file.write_text(text, encoding="utf-8")
    known = baseline.load(str(file))
    again = outcome([SECOND, whole_host(), FIRST], sources=[], baseline=known)
    assert again.shown == ()
    assert again.exit_code == 0
    assert again.summary.suppressed == 3
    assert {x.suppression for x in again.findings} == {Suppressed("external", "in the baseline")}


def test_new_finding_counts() -> None:
    known = {outcome([FIRST], sources=[]).findings[0].fingerprint: 1}
    result = outcome([FIRST, SECOND], sources=[], baseline=known)
    assert [x.finding for x in result.shown] == [replace(SECOND, places=())]


def test_same_fingerprint_more_often_than_before_counts() -> None:
    twice = foreign(PODS, "one.yaml") + foreign(PODS, "two.yaml")
    findings = [HINT.finding("is a tag", Place(pod, ("x",))) for pod in twice]
    known = {outcome([FIRST], sources=[]).findings[0].fingerprint: 1}
    result = outcome(findings, sources=[], baseline=known)
    assert [x.locations[0].file for x in result.shown] == ["two.yaml"]


def test_gone_ones_are_told() -> None:
    result = outcome([FIRST], sources=[], baseline={"0" * 16: 2})
    assert result.notes == ("2 of the baseline no longer found: --write-baseline drops them",)


def test_otherwise_suppressed_ones_are_not_written() -> None:
    accepted = Suppression("policy-image-digest", "why", place=Place(file="s.yaml"))
    result = outcome([FIRST], sources=[], suppressions=[accepted])
    assert json.loads(baseline.write(result.findings)) == {"version": 1, "findings": []}


def test_baseline_written_over_a_baseline_keeps_what_is_still_found() -> None:
    known = {outcome([FIRST], sources=[]).findings[0].fingerprint: 1}
    result = outcome([FIRST, SECOND], sources=[], baseline=known)
    assert [f["path"] for f in json.loads(baseline.write(result.findings))["findings"]] == [
        "x",
        "y",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "not found"),
        ("{", "is not JSON"),
        ("[]", "is not a stackgen baseline of version 1"),
        ('{"version": 2, "findings": []}', "is not a stackgen baseline of version 1"),
        ('{"version": 1, "findings": [{"count": 1}]}', "its findings lack fingerprint or count"),
        ('{"version": 1}', "its findings lack fingerprint or count"),
    ],
)
def test_unusable_file_is_a_usage_error(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "b.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        baseline.load(str(file))
    assert str(error.value).startswith(f"baseline {file}")
    assert message in str(error.value)
