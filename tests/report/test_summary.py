"""How often each rule finds something."""

from __future__ import annotations

import json

import pytest

from stackgen.errors import UsageError
from stackgen.report.style import Style
from stackgen.report.summary import statistics
from tests.report.runs import everything, nothing


def test_the_most_frequent_rule_is_first_and_suppressed_findings_do_not_count() -> None:
    lines = statistics(everything(), "text", Style()).splitlines()
    assert [line.split()[:3] for line in lines if line[:5].strip().isdigit()] == [
        ["2", "warning", "serving-probe-budget"],
        ["2", "error", "tpu-whole-host"],
        ["1", "info", "policy-image-digest"],
    ]
    assert lines[-1].startswith("2 errors, 2 warnings, 1 info in ")
    assert max(map(len, lines)) <= 80


def test_programs_get_the_same_numbers() -> None:
    listed = json.loads(statistics(everything(), "json", Style()))["statistics"]
    assert [(x["rule"], x["count"], x["fixable"]) for x in listed] == [
        ("serving-probe-budget", 2, 0), ("tpu-whole-host", 2, 1), ("policy-image-digest", 1, 0),
    ]  # fmt: skip


def test_without_findings_there_is_the_summary_alone() -> None:
    assert statistics(nothing(), "text", Style()).startswith("no findings in ")
    assert json.loads(statistics(nothing(), "json", Style()))["statistics"] == []


def test_a_format_that_has_no_numbers_is_an_error() -> None:
    with pytest.raises(UsageError, match="written as text or json, not as sarif"):
        statistics(everything(), "sarif", Style())
