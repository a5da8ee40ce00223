"""JUnit XML: a suite for each file, a case for each finding.

A finding at or above `--fail-on` fails, one below passes with its text as output, a suppressed
one is skipped. A clean run is one passing case, since an empty report looks like a broken one.
"""

from __future__ import annotations

from stackgen.escape import xml_attribute, xml_text
from stackgen.findings.model import Located
from stackgen.findings.pipeline import Outcome
from stackgen.findings.select import USAGE
from stackgen.report.findings_text import finding_lines
from stackgen.report.style import Style


def render(outcome: Outcome, _: Style) -> str:
    """The whole report."""
    suites: dict[str, list[Located]] = {}
    for located in outcome.findings:
        suites.setdefault(located.primary.file if located.primary else "stackgen", []).append(
            located
        )
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    failures = sum(_fails(x, outcome) for x in outcome.findings)
    failures += not suites and outcome.exit_code == USAGE
    skipped = outcome.summary.suppressed
    tests = max(len(outcome.findings), 1)
    lines.append(f'<testsuites name="stackgen"{_counts(tests, failures, skipped, False)}>')
    if not suites:
        lines += _clean(outcome)
    for file in sorted(suites):
        lines += _suite(file, suites[file], outcome)
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _clean(outcome: Outcome) -> list[str]:
    failures = 1 if outcome.exit_code == USAGE else 0
    lines = [f'  <testsuite name="stackgen"{_counts(1, failures, 0, True)}>']
    if failures:
        lines.append('    <testcase name="documents" classname="stackgen">')
        lines.append('      <failure message="there was no document to look at" type="error"/>')
        lines.append("    </testcase>")
    else:
        lines.append('    <testcase name="all rules" classname="stackgen"/>')
    return [*lines, "  </testsuite>"]


def _suite(file: str, findings: list[Located], outcome: Outcome) -> list[str]:
    failures = sum(_fails(x, outcome) for x in findings)
    skipped = sum(x.suppression is not None for x in findings)
    counts = _counts(len(findings), failures, skipped, True)
    lines = [f"  <testsuite name={xml_attribute(file)}{counts}>"]
    for located in findings:
        lines += _case(file, located, outcome)
    return [*lines, "  </testsuite>"]


def _case(file: str, located: Located, outcome: Outcome) -> list[str]:
    finding, primary = located.finding, located.primary
    at = f":{primary.line}:{primary.column}" if primary and primary.line else ""
    name = xml_attribute(f"{finding.rule.id} {file}{at}")
    head = f"    <testcase name={name} classname={xml_attribute(finding.rule.id)}"
    if primary is not None:
        head += f" file={xml_attribute(file)}"
        head += f' line="{primary.line}"' if primary.line else ""
    text = xml_text("\n".join(finding_lines(located, Style())))
    if located.suppression is not None:
        body = f"      <skipped message={xml_attribute(located.suppression.reason)}/>"
    elif _fails(located, outcome):
        kind = xml_attribute(str(finding.level))
        body = (
            f"      <failure message={xml_attribute(finding.message)} type={kind}>{text}</failure>"
        )
    else:
        body = f"      <system-out>{text}</system-out>"
    return [f"{head}>", body, "    </testcase>"]


def _fails(located: Located, outcome: Outcome) -> bool:
    return located.suppression is None and located.finding.level >= outcome.fail_on


def _counts(tests: int, failures: int, skipped: int, suite: bool) -> str:
    skips = f' skipped="{skipped}"' if suite else ""
    return f' tests="{tests}" failures="{failures}" errors="0"{skips}'
