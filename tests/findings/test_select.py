"""Selectors, and the exit codes they lead to."""

from __future__ import annotations

import dataclasses

import pytest

from stackgen.errors import UsageError
from stackgen.findings.model import Severity
from stackgen.findings.rules import all_rules
from stackgen.findings.select import NOT_CHECKED, exit_code, selection, severity
from tests.findings.given import HINT, PROBE, RULES, WHOLE_HOST, outcome, whole_host

ALL_THREE = [WHOLE_HOST, PROBE, HINT]


def wanted(select: list[str], ignore: list[str]) -> list[str]:
    chosen = selection(RULES, select, ignore)
    return [rule.id for rule in ALL_THREE if chosen.wants(rule)]


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        ([], [], ["tpu-whole-host", "serving-probe-budget", "policy-image-digest"]),
        (["tpu"], [], ["tpu-whole-host"]),
        (["tpu,policy"], [], ["tpu-whole-host", "policy-image-digest"]),
        (["tpu", " policy "], [], ["tpu-whole-host", "policy-image-digest"]),
        (["serving-probe-budget"], [], ["serving-probe-budget"]),
        (["*-probe-*"], [], ["serving-probe-budget"]),
        (["all"], ["tpu"], ["serving-probe-budget", "policy-image-digest"]),
        (["tpu"], ["tpu-whole-host"], []),
        ([], ["tpu-*,policy-*"], ["serving-probe-budget"]),
        (["network"], [], []),
    ],
)
def test_selectors(select: list[str], ignore: list[str], expected: list[str]) -> None:
    assert wanted(select, ignore) == expected


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("tpu-whole-hots", 'is no rule and no family; did you mean "tpu-whole-host"?'),
        ("servin", 'is no rule and no family; did you mean "serving"?'),
        ("xyzzy", "is no rule and no family; `stackgen rules` lists the rules"),
    ],
)
def test_unknown_selectors_are_an_error(selector: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        selection(RULES, [selector])
    assert str(error.value) == f'--select: "{selector}" {message}'


@pytest.mark.parametrize("given", ["", " , "])
def test_a_selection_without_a_rule_is_an_error(given: str) -> None:
    with pytest.raises(UsageError, match="names no rule"):
        selection(RULES, [given])


def test_glob_that_matches_nothing_is_an_error() -> None:
    with pytest.raises(UsageError) as error:
        selection(RULES, ["tpx-*"])
    assert str(error.value) == '--select: no rule matches "tpx-*"; `stackgen rules` lists them'


def test_so_many_globs_and_no_more() -> None:
    globs = ["*" * n for n in range(1, 102)]
    assert len(selection(RULES, globs[:100], []).select) == 100
    assert selection(RULES, ["tpu*"] * 101, []).select == ("tpu*",)
    with pytest.raises(UsageError, match=r"^--select: holds 101 globs; at most 100 are compared"):
        selection(RULES, globs, [])


def test_unknown_rule_to_ignore_is_an_error_as_well() -> None:
    with pytest.raises(UsageError, match=r"^--ignore: "):
        selection(RULES, (), ["tpu-whole-hots"])


@pytest.mark.parametrize("rule_id", sorted(NOT_CHECKED))
def test_a_selection_of_other_rules_does_not_hide_what_was_not_checked(rule_id: str) -> None:
    rule = all_rules()[rule_id]
    for chosen in (["tpu"], ["tpu-chips-not-whole-host"]):
        assert selection(all_rules(), chosen).counts(rule)
        assert not selection(all_rules(), chosen).wants(rule)
        assert not selection(all_rules(), chosen, [rule_id]).counts(rule)
    assert not selection(all_rules(), ["tpu"]).counts(all_rules()["rollout-deadlock"])


@pytest.mark.parametrize(
    ("levels", "fail_on", "documents", "expected"),
    [
        ([], "error", 3, 0),
        ([], "error", 0, 2),
        (["error"], "error", 3, 1),
        (["error"], "error", 0, 1),
        (["warning"], "error", 3, 0),
        (["warning"], "error", 0, 2),
        (["warning"], "warning", 3, 1),
        (["info"], "warning", 3, 0),
        (["info"], "info", 3, 1),
    ],
)
def test_exit_codes(levels: list[str], fail_on: str, documents: int, expected: int) -> None:
    assert exit_code([severity(x) for x in levels], severity(fail_on), documents) == expected


def test_what_is_not_selected_leaves_no_trace() -> None:
    result = outcome([whole_host(), PROBE.finding("slow")], select=["serving"])
    assert [x.finding.rule.id for x in result.findings] == ["serving-probe-budget"]
    assert result.exit_code == 0
    assert result.summary.suppressed == 0


def test_threshold_reads_the_severity_of_the_finding_not_of_the_rule() -> None:
    mild = dataclasses.replace(whole_host(), severity=Severity.WARNING)
    assert outcome([mild]).exit_code == 0
    assert outcome([mild], fail_on=Severity.WARNING).exit_code == 1
