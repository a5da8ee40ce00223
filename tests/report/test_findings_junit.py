"""JUnit: well-formed, counts that add up, failures where the exit code says so."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from stackgen.findings.model import Severity
from stackgen.findings.pipeline import Outcome
from stackgen.report import render
from stackgen.report.style import Style
from tests.findings.given import outcome
from tests.report.runs import everything, nothing


def tree(result: Outcome) -> ET.Element:
    return ET.fromstring(render("junit", result, Style()))


def number(element: ET.Element, name: str) -> int:
    return int(element.attrib[name])


def test_counts_add_up() -> None:
    root = tree(everything())
    suites = root.findall("testsuite")
    for name, tag in (("failures", "failure"), ("skipped", "skipped")):
        assert [number(s, name) for s in suites] == [len(s.findall(f"*/{tag}")) for s in suites]
    assert [number(s, "tests") for s in suites] == [len(s.findall("testcase")) for s in suites]
    assert number(root, "tests") == sum(number(s, "tests") for s in suites) == 6
    assert number(root, "failures") == sum(number(s, "failures") for s in suites) == 2


def test_suites_are_files_and_cases_findings() -> None:
    root = tree(everything())
    assert [s.attrib["name"] for s in root] == [
        "odd name, 100%.yaml", "stack.yaml", "stackgen", "values.yaml",
    ]  # fmt: skip
    case = root[1][0]
    assert case.attrib == {
        "name": "tpu-whole-host stack.yaml:9:16",
        "classname": "tpu-whole-host",
        "file": "stack.yaml",
        "line": "9",
    }
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "error"
    assert (failure.text or "").startswith("error[tpu-whole-host]: qwen2-3b-pattern1 asks for")


def test_threshold_decides_what_fails() -> None:
    root = tree(outcome([x.finding for x in everything().findings], fail_on=Severity.INFO))
    assert number(root, "failures") == 6


def test_suppressed_ones_are_skipped_with_the_reason() -> None:
    skipped = tree(everything()).findall(".//skipped")
    assert [s.attrib["message"] for s in skipped] == ["pinned by the registry"]


def test_clean_run_is_a_passing_case() -> None:
    assert render("junit", nothing(), Style()) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<testsuites name="stackgen" tests="1" failures="0" errors="0">\n'
        '  <testsuite name="stackgen" tests="1" failures="0" errors="0" skipped="0">\n'
        '    <testcase name="all rules" classname="stackgen"/>\n'
        "  </testsuite>\n"
        "</testsuites>\n"
    )


def test_run_without_documents_fails() -> None:
    root = tree(outcome([], documents=0))
    assert number(root, "failures") == 1
    assert len(root.findall(".//failure")) == 1
