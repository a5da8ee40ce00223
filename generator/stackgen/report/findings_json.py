"""The report for programs; docs/report.schema.json describes it."""

from __future__ import annotations

from typing import Any

from stackgen.escape import json_text
from stackgen.findings.model import Located, Location
from stackgen.findings.pipeline import Outcome
from stackgen.record import as_json
from stackgen.report.style import Style

VERSION = 1


def render(outcome: Outcome, _: Style) -> str:
    """The whole report, suppressed findings included."""
    return json_text(report(outcome)) + "\n"


def report(outcome: Outcome) -> dict[str, Any]:
    """The report as plain data."""
    counts = outcome.summary
    return {
        "version": VERSION,
        "findings": [_finding(x) for x in outcome.findings],
        "summary": as_json(counts, "errors", "warnings", "infos", "suppressed", "documents"),
    }


def _finding(located: Located) -> dict[str, Any]:
    finding, rule = located.finding, located.finding.rule
    shown: dict[str, Any] = {
        "rule": rule.id,
        "family": rule.family,
        "severity": str(finding.level),
        "confidence": finding.confidence or rule.confidence,
        "message": finding.message,
        "impact": finding.impact or rule.impact,
        "remedy": located.advice,
        "fingerprint": located.fingerprint,
        "suppressed": located.suppression is not None,
        "locations": [_location(x) for x in located.locations],
    }
    if located.suppression is not None:
        by = located.suppression
        shown["suppression"] = {"kind": by.kind, "reason": by.reason}
        if by.until:
            shown["suppression"]["until"] = by.until
    if finding.fix is not None:
        shown["fixable"] = True
    return shown


def _location(location: Location) -> dict[str, Any]:
    ref = location.object
    shown: dict[str, Any] = {
        **as_json(location, "role", "file", "line", "column", "path"),
        "object": None
        if ref is None
        else {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name},
    }
    if location.end_column:
        shown["end_column"] = location.end_column
    if location.note:
        shown["note"] = location.note
    return shown
