"""JUnit reports of shards, merged into one report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from stackgen.escape import xml_attribute, xml_text
from stackgen.findings.model import Severity
from stackgen.findings.rules import all_rules
from stackgen.regex import regex

_LEVEL = regex(r"(error|warning|info)\[")
_LEVELS = {str(level): -level for level in Severity}
_PLACE = regex(r":([0-9]{1,9}):([0-9]{1,9})\Z", re.ASCII)
_CLEAN = "all rules"
_INDENT = "  "


def merge(reports: Sequence[Element], _: Severity) -> tuple[str, bool]:
    """The merged report, and whether a case in it failed.

    A case that two shards have is one case. Whether a case failed is what its shard said. Raises
    KeyError or ValueError for what is not a report of stackgen.
    """
    suites: dict[str, dict[str, Element]] = {}
    for report in reports:
        if report.tag != "testsuites" or report.get("name") != "stackgen":
            raise ValueError("stackgen did not write it")
        for suite in report:
            for case in suite:
                of_suite = suites.setdefault(suite.attrib["name"], {})
                of_suite.setdefault(ElementTree.tostring(case, "unicode"), case)
    found = [(name, sorted(suites[name].values(), key=_order)) for name in sorted(suites)]
    if sum(len(some) for _, some in found) > 1:
        # A shard without a finding is one passing case.
        found = [(n, [x for x in some if x.get("name") != _CLEAN]) for n, some in found]
    cases = [case for _, some in found for case in some]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="stackgen"{_counts(cases, False)}>')
    for name, some in found:
        if some:
            lines.append(f"  <testsuite name={xml_attribute(name)}{_counts(some, True)}>")
            lines += [line for case in some for line in _lines(case, 2)]
            lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n", _number(cases, "failure") > 0


def parsed(text: str) -> Element:
    """A report. Raises ValueError for what is no XML, and for XML that defines entities."""
    if "<!" in text:
        raise ValueError("it has declarations, which stackgen does not write")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None


def _order(case: Element) -> tuple[Any, ...]:
    """What cases of a suite are sorted by, as in the report of one run."""
    name, rule = case.attrib["name"], case.get("classname", "")
    said = next((child.text or "" for child in case), "")
    level = _LEVEL.match(said)
    known = all_rules().get(rule)
    worst = level[1] if level else str(known.severity) if known else ""
    place = _PLACE.search(name)
    line, column = (int(place[1]), int(place[2])) if place else (0, 0)
    return (_LEVELS.get(worst, 0), line, column, rule, said)


def _counts(cases: Sequence[Element], suite: bool) -> str:
    skips = f' skipped="{_number(cases, "skipped")}"' if suite else ""
    return f' tests="{len(cases)}" failures="{_number(cases, "failure")}" errors="0"{skips}'


def _number(cases: Sequence[Element], outcome: str) -> int:
    return sum(case.find(outcome) is not None for case in cases)


def _lines(element: Element, depth: int) -> list[str]:
    """An element as stackgen writes it: the cases and what they say."""
    attributes = "".join(f" {name}={xml_attribute(text)}" for name, text in element.items())
    head = f"{_INDENT * depth}<{element.tag}{attributes}"
    if len(element):
        inner = [line for child in element for line in _lines(child, depth + 1)]
        return [f"{head}>", *inner, f"{_INDENT * depth}</{element.tag}>"]
    if element.text:
        return [f"{head}>{xml_text(element.text)}</{element.tag}>"]
    return [f"{head}/>"]
