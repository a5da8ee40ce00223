"""Severity profiles: how severe the findings of a run are.

default: an error is refused by the API server or a controller, or certainly does not work. A
warning is likely to do damage. What is a matter of policy is at most what the rule's page says as
`by_default`. production: policies count as their pages say. strict: as `production`, and a warning
counts as an error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from stackgen.findings.model import Finding, Severity

SeverityProfile = Literal["default", "strict", "production"]
PROFILES: tuple[SeverityProfile, ...] = get_args(SeverityProfile)


def weigh(finding: Finding, profile: SeverityProfile) -> Finding:
    """The finding with the severity that it has in the profile."""
    level = finding.level
    if profile == "default":
        level = min(level, finding.rule.by_default)
    elif profile == "strict" and level is Severity.WARNING:
        level = Severity.ERROR
    return finding if level is finding.level else replace(finding, severity=level)
