"""Accepted findings, and suppressions that are wrong themselves."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.findings.model import Place, Suppressed
from stackgen.findings.pipeline import Outcome
from stackgen.findings.suppress import Suppression
from stackgen.manifest.document import Mark, Source
from tests.findings.given import HINT, PROBE, STACK, foreign, outcome, source, whole_host

HERE = Place(file="stack.yaml", text=STACK, mark=Mark(2, 1, 5))
OBJECT = "LLMInferenceService/qwen2-3b-pattern1"


def accept(rule: str = "tpu-whole-host", reason: str = "a shared host", **more: Any) -> Suppression:
    return Suppression(rule, reason, place=HERE, **more)


def seen(result: Outcome) -> list[str]:
    return [f"{x.finding.rule.id}: {x.finding.message}" for x in result.shown]


def test_suppressed_finding_stays_and_counts_as_suppressed() -> None:
    result = outcome([whole_host()], suppressions=[accept(until="2026-12-31")])
    assert [x.suppression for x in result.findings] == [
        Suppressed("inSource", "a shared host", "2026-12-31")
    ]
    assert result.shown == ()
    assert result.summary.errors == 0
    assert result.summary.suppressed == 1
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        (OBJECT, True),
        ("LLMInferenceService/llm/qwen2-3b-pattern1", True),
        ("LLMInferenceService/*", True),
        ("*/llm/*", True),
        ("", True),
        ("LLMInferenceService/other", False),
        ("Pod/qwen2-3b-pattern1", False),
    ],
)
def test_objects(pattern: str, covered: bool) -> None:
    result = outcome([whole_host()], suppressions=[accept(object=pattern)])
    assert (result.summary.suppressed == 1) is covered
    assert result.exit_code == (0 if covered else 1)


def test_other_rules_are_not_covered() -> None:
    result = outcome([whole_host(), PROBE.finding("slow")], suppressions=[accept()])
    assert seen(result) == ["serving-probe-budget: slow"]


def test_last_day_still_counts() -> None:
    assert outcome([whole_host()], suppressions=[accept(until="2026-11-23")]).shown == ()


def test_expired_one_no_longer_holds_and_is_told() -> None:
    result = outcome([whole_host()], suppressions=[accept(until="2026-11-22")])
    assert seen(result) == [
        "tpu-whole-host: qwen2-3b-pattern1 asks for 2 of the 4 chips of a ct6e-standard-4t host",
        "suppression-expired: the suppression of `tpu-whole-host` ended on 2026-11-22",
    ]
    assert result.exit_code == 1


def test_date_that_is_none_never_holds() -> None:
    result = outcome([whole_host()], suppressions=[accept(until="soon")])
    assert seen(result)[1] == (
        "suppression-expired: the suppression of `tpu-whole-host` never holds: "
        '"soon" is not a date such as 2027-01-31'
    )


def test_without_reason_it_does_not_hold() -> None:
    result = outcome([whole_host()], suppressions=[accept(reason=" ")])
    assert sorted(seen(result)) == [
        "suppression-without-reason: `tpu-whole-host` is suppressed without a reason",
        "tpu-whole-host: qwen2-3b-pattern1 asks for 2 of the 4 chips of a ct6e-standard-4t host",
    ]


def test_unused_one_is_told_at_its_place() -> None:
    result = outcome([], suppressions=[accept(object="Pod/x")])
    assert seen(result) == ["suppression-unused: `tpu-whole-host` finds nothing on Pod/x"]
    primary = result.shown[0].primary
    assert primary is not None
    assert (primary.file, primary.line) == ("stack.yaml", 2)


def test_misspelt_rule_is_told_with_the_right_one() -> None:
    result = outcome([], suppressions=[accept("tpu-whole-hosts")], select=["spec", "serving"])
    assert seen(result) == [
        'suppression-unused: there is no rule `tpu-whole-hosts`; did you mean "tpu-whole-host"?'
    ]


def test_not_unused_when_its_rule_was_not_part_of_the_run() -> None:
    assert outcome([], suppressions=[accept()], ignore=["tpu"]).findings == ()


def test_not_unused_when_the_run_stopped_early() -> None:
    result = outcome([], suppressions=[accept(), accept(reason="")], complete=False)
    assert seen(result) == [
        "suppression-without-reason: `tpu-whole-host` is suppressed without a reason"
    ]


def test_findings_about_suppressions_cannot_be_suppressed() -> None:
    two = [accept(), accept("suppression-unused", "never mind")]
    assert seen(outcome([], suppressions=two)) == [
        "suppression-unused: `suppression-unused` finds nothing",
        "suppression-unused: `tpu-whole-host` finds nothing",
    ]
    assert outcome([], suppressions=two, ignore=["suppression-unused"]).findings == ()


def test_comment_on_the_primary_line() -> None:
    text = STACK.replace("chips: 2", "chips: 2  # stackgen: ignore[tpu-whole-host] shared")
    result = outcome([whole_host()], sources=[source(text)])
    assert result.shown == ()
    assert result.findings[0].suppression == Suppressed("inSource", "shared")


def test_comment_on_a_secondary_line_is_unused() -> None:
    text = STACK.replace("max: 3}}", "max: 3}}  # stackgen: ignore[tpu-whole-host] shared")
    result = outcome([whole_host()], sources=[source(text)])
    assert seen(result)[1] == "suppression-unused: `tpu-whole-host` finds nothing on line 5"


def test_comment_in_a_foreign_manifest() -> None:
    text = (
        "kind: Pod\nmetadata: {name: a}\nspec:\n"
        "  # stackgen: ignore[policy-image-digest, serving-probe-budget] built nightly\n"
        "  image: a:1\n  other: b:1\n"
    )
    pod = foreign(text)[0]
    findings = [
        HINT.finding("a:1 is a tag", Place(pod, ("spec", "image"))),
        HINT.finding("b:1 is a tag", Place(pod, ("spec", "other"))),
    ]
    result = outcome(findings, sources=[Source("k8s/app.yaml", text)])
    assert seen(result) == [
        "suppression-unused: `serving-probe-budget` finds nothing on line 5",
        "policy-image-digest: b:1 is a tag",
    ]


def test_comment_without_rule() -> None:
    text = STACK + "# stackgen: ignore because I say so\n"
    result = outcome([], sources=[source(text)])
    assert seen(result) == [
        "suppression-unused: a suppression that names no rule suppresses nothing"
    ]
    assert result.shown[0].finding.remedy == (
        "write the rule in brackets: # stackgen: ignore[rule-id] reason"
    )


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        ("k8s/*", True),
        ("k8s", True),
        ("k8s/", True),
        ("k8s/**", True),
        ("**/app.yaml", True),
        ("*.yaml", True),
        ("app.yaml", False),
        ("k8", False),
    ],
)
def test_paths_of_the_config(path: str, covered: bool) -> None:
    pod = foreign("kind: Pod\nimage: a:1\n")[0]
    entry = Suppression("policy", "not ours", place=HERE, kind="config", path=path)
    result = outcome(
        [HINT.finding("m", Place(pod, ("image",)))], sources=[], ignored_paths=(entry,)
    )
    assert (result.summary.suppressed == 1) is covered
    if covered:
        assert result.findings[0].suppression == Suppressed("external", "not ours")


def test_path_of_the_config_is_unused_only_when_its_files_were_looked_at() -> None:
    entry = Suppression("policy", "not ours", place=HERE, kind="config", path="k8s")
    assert outcome([], ignored_paths=(entry,)).findings == ()
    looked_at = outcome([], sources=[Source("k8s/a.yaml", "a: 1\n")], ignored_paths=(entry,))
    assert seen(looked_at) == ["suppression-unused: nothing below `k8s` is found by `policy`"]
