"""Rules about the plan, and about the fields that the planner reads."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stackgen.checks import registry
from stackgen.findings.model import Severity
from tests.checks.planned import TODAY, cases, check, findings_of

RULES = (
    "spec-model-config",
    "tpu-flex-not-rendered",
    "spec-derived-flag",
    "kv-cache-low-concurrency",
    "cost-over-budget",
    "cost-price-unknown",
    "topology-auto-no-fit",
    "model-size-unknown",
    "model-dimensions-mismatch",
    "platform-exceeds-nodes",
    "catalog-stale",
    "cost-price-stale",
)


@pytest.mark.parametrize(("rule", "file"), cases(RULES))
def test_case(rule: str, file: Path) -> None:
    check(rule, file)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_cases_of_both_kinds(rule: str) -> None:
    assert rule in registry.all_rules()
    names = [case.values[1].name for case in cases([rule])]
    assert any(name.startswith("bad-") for name in names)
    assert any(name.startswith("good-") for name in names)


def test_the_base_stack_of_the_cases_is_free_of_them() -> None:
    found = {finding.rule.id for finding, _ in findings_of("spec: {}\n")}
    assert not found & set(RULES)


def test_a_platform_that_surely_does_not_fit_is_an_error_and_an_estimate_a_warning() -> None:
    more = ", ".join(
        f'{{name: m{i}, model: "hf://Qwen/Qwen3-8B", nodePool: tpu}}' for i in range(3)
    )
    small = (
        "spec: {cluster: {nodePools: [{name: default-pool, machineType: %s, "
        "nodes: {min: 1, max: 1}}]}, serving: {models: [" + more + "]}}\n"
    )
    levels = {
        machine: {
            f.level
            for f, _ in findings_of(small % machine)
            if f.rule.id == "platform-exceeds-nodes"
        }
        for machine in ("e2-medium", "n1-standard-4")
    }
    assert levels == {
        "e2-medium": {Severity.ERROR},
        "n1-standard-4": {Severity.WARNING},
    }


def test_nothing_is_too_old_without_a_day_to_compare_with_and_everything_is_later() -> None:
    overlay = "spec: {catalogMaxAgeDays: {prices: 1, others: 1}}\n"
    old = {"catalog-stale", "cost-price-stale"}
    assert not old & {f.rule.id for f, _ in findings_of(overlay, today=None)}
    later = TODAY + timedelta(days=400)
    assert old <= {f.rule.id for f, _ in findings_of("spec: {}\n", today=later)}
