"""How severe a finding is, by severity profile."""

from __future__ import annotations

import dataclasses

import pytest

from stackgen.findings.config import PROFILES, weigh
from stackgen.findings.model import Severity
from stackgen.findings.rules import all_rules

INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR
LEVELS = {
    # rule: default, strict, production
    "pods-run-as-non-root": (INFO, ERROR, ERROR),
    "gateway-authentication": (WARNING, ERROR, ERROR),
    "pods-read-only-rootfs": (INFO, ERROR, WARNING),
    "pool-picker-port": (ERROR, ERROR, ERROR),
    "gke-health-check": (WARNING, ERROR, WARNING),
}


@pytest.mark.parametrize("rule", LEVELS)
def test_a_profile_weighs_a_finding(rule: str) -> None:
    finding = all_rules()[rule].finding("message")
    assert tuple(weigh(finding, profile).level for profile in PROFILES) == LEVELS[rule]


def test_a_finding_that_is_lower_than_its_rule_stays_lower() -> None:
    finding = all_rules()["pods-run-as-non-root"].finding("message", severity=INFO)
    assert all(weigh(finding, profile).level is INFO for profile in PROFILES)


def test_a_finding_may_be_more_severe_than_its_rule() -> None:
    finding = all_rules()["reference-missing"].finding("message", severity=ERROR)
    assert weigh(finding, "default").level is ERROR


def test_a_weight_changes_nothing_else() -> None:
    finding = all_rules()["pods-run-as-non-root"].finding("message")
    assert dataclasses.replace(weigh(finding, "default"), severity=None) == finding
