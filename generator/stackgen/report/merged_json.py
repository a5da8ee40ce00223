"""JSON reports of shards, merged into the report of the whole run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from stackgen.escape import json_text
from stackgen.findings.model import Severity

_LEVELS = {str(level): level for level in Severity}
_COUNTS = {"error": "errors", "warning": "warnings", "info": "infos"}


def merge(reports: Sequence[dict[str, Any]], fail_on: Severity) -> tuple[str, bool]:
    """The merged report, and whether a finding in it is at or above `fail_on`.

    What two shards found at one place is one finding, as in one run. Raises KeyError, TypeError,
    AttributeError or ValueError for what is not a report.
    """
    together: dict[str, dict[str, Any]] = {}
    for report in reports:
        if report["version"] != reports[0]["version"]:
            raise ValueError("the versions differ")
        for finding in report["findings"]:
            key = json.dumps([_order(finding), _not_rendered(finding)])
            first = together.setdefault(key, finding)
            first["locations"] += [x for x in finding["locations"] if x not in first["locations"]]
    findings = sorted(together.values(), key=lambda x: (*_order(x), str(x["fingerprint"])))
    shown = [x["severity"] for x in findings if not x["suppressed"]]
    counts: dict[str, int] = {name: shown.count(level) for level, name in _COUNTS.items()}
    counts["suppressed"] = len(findings) - len(shown)
    counts["documents"] = sum(int(report["summary"]["documents"]) for report in reports)
    merged = {"version": reports[0]["version"], "findings": findings, "summary": counts}
    return json_text(merged) + "\n", any(_LEVELS[level] >= fail_on for level in shown)


def _order(finding: dict[str, Any]) -> tuple[Any, ...]:
    """What findings are sorted by, as in the report of one run."""
    level, rule, message = finding["severity"], str(finding["rule"]), str(finding["message"])
    first = finding["locations"][0] if finding["locations"] else {}
    where = (str(first.get("file", "")), int(first.get("line", 0)), int(first.get("column", 0)))
    return (-_LEVELS[level], *where, rule, str(first.get("path", "")), message)


def _not_rendered(finding: dict[str, Any]) -> list[Any]:
    return [place for place in finding["locations"] if place["role"] != "rendered"]
