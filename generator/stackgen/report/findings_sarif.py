"""SARIF 2.1.0, for code scanning.

The spec line is the location of a result; other spec lines and the rendered lines are related
locations. Suppressed findings are results with suppressions, so that an upload neither closes
nor reopens them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from stackgen import __version__
from stackgen.escape import json_text, shortened
from stackgen.findings.model import Located, Location, Rule, Severity
from stackgen.findings.pipeline import Outcome
from stackgen.report.rule_markdown import markdown
from stackgen.report.style import Style

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "stackgen/v1"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PRECISION = {"high": "very-high", "medium": "medium", "low": "low"}


def render(outcome: Outcome, _: Style) -> str:
    """The whole log, one run."""
    return json_text(log(outcome)) + "\n"


def log(outcome: Outcome) -> dict[str, Any]:
    """The log as plain data."""
    rules = {x.finding.rule.id: x.finding.rule for x in outcome.findings}
    ids = sorted(rules)
    driver = {
        "name": "stackgen",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rules[name]) for name in ids],
    }
    index = {name: number for number, name in enumerate(ids)}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(x, index, outcome.anchor) for x in outcome.findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.summary} {rule.impact}".strip()},
        "help": {
            "text": rule.remedy or rule.remedy_in_stack or rule.summary,
            "markdown": markdown(rule),
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": [rule.family],
            "precision": _PRECISION[rule.confidence],
            "problem.severity": {"error": "error", "warning": "warning", "info": "recommendation"}[
                str(rule.severity)
            ],
        },
    }


def _result(located: Located, index: dict[str, int], anchor: str) -> dict[str, Any]:
    finding, rule = located.finding, located.finding.rule
    impact, remedy = finding.impact or rule.impact, located.advice
    text = finding.message
    if impact:
        text += f"\nIn the cluster: {impact}"
    if remedy:
        text += f"\nHelp: {remedy}"
    places = located.locations[:1] or ((Location("primary", anchor),) if anchor else ())
    result: dict[str, Any] = {
        "ruleId": rule.id,
        "ruleIndex": index[rule.id],
        "level": _LEVELS[finding.level],
        "message": {"text": text},
        "locations": [_location(x) for x in places],
        "partialFingerprints": {FINGERPRINT: located.fingerprint},
        "properties": {"confidence": finding.confidence or rule.confidence},
    }
    related = [
        {"id": number, **_location(x), "message": {"text": _remark(x)}}
        for number, x in enumerate(located.locations[1:], start=1)
    ]
    if related:
        result["relatedLocations"] = related
    if located.suppression is not None:
        by = located.suppression
        until = f" (until {by.until})" if by.until else ""
        result["suppressions"] = [
            {"kind": by.kind, "status": "accepted", "justification": by.reason + until}
        ]
    return result


def _remark(location: Location) -> str:
    if location.role == "rendered":
        return f"rendered: {location.path}" if location.path else "rendered"
    return location.note or location.path or "see also"


def _location(location: Location) -> dict[str, Any]:
    # Code scanning shows no result without a line: a whole file is shown at its first.
    region: dict[str, Any] = {"startLine": max(location.line, 1)}
    if location.line:
        region["startColumn"] = max(location.column, 1)
        region["endColumn"] = max(location.end_column, location.column + 1)
    if location.excerpt:
        region["snippet"] = {"text": shortened(location.excerpt)}
    address = {"artifactLocation": {"uri": uri(location.file)}, "region": region}
    shown: dict[str, Any] = {"physicalLocation": address}
    ref = location.object
    if ref is not None:
        name = "/".join(part for part in (ref.kind, ref.namespace, ref.name) if part)
        full = f"{name}:{location.path}" if location.path else name
        shown["logicalLocations"] = [{"fullyQualifiedName": full, "kind": "object"}]
    return shown


def uri(file: str) -> str:
    """The file as a URI reference."""
    return quote(file, safe="/._-~", errors="surrogateescape")
