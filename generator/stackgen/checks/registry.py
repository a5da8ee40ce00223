"""Every rule there is, and how the checks of a run are called.

A family is a package `stackgen.checks.<family>` with `RULES` (or a function `rules()`) and
`CHECKS`, pairs of a rule id and a function from `Context` to findings.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.errors import UsageError
from stackgen.findings.model import Finding, Place, Rule, Severity

PACKAGES = ("spec", "schema", "serving", "tpu", "network", "policy", "gitops", "catalog")
# Families that judge the spec, before there is a bundle.
NOT_ON_BUNDLES = ("spec",)

CRASHED = Rule(
    id="rule-crashed",
    family="spec",
    severity=Severity.ERROR,
    summary="A rule failed while it looked at the manifests.",
    impact="What this rule looks for was not checked; the other rules were.",
    remedy="Report it with the manifest that causes it; `--ignore` the rule meanwhile.",
    source="stackgen",
)


def _package(name: str) -> Any:
    return importlib.import_module(f"stackgen.checks.{name}")


def _rules_of(package: Any) -> tuple[Rule, ...]:
    found = package.rules() if hasattr(package, "rules") else package.RULES
    return tuple(found)


@lru_cache(maxsize=1)
def all_rules() -> dict[str, Rule]:
    """Every rule by its id, in order of the families."""
    rules = {CRASHED.id: CRASHED}
    for name in PACKAGES:
        for rule in _rules_of(_package(name)):
            rules[rule.id] = rule
    return rules


def run(context: Context, wants: Callable[[Rule], bool] = lambda _: True) -> list[Finding]:
    """The findings of every check on the bundle; checks whose rules nobody wants do not run."""
    findings: list[Finding] = []
    for name in PACKAGES:
        if name in NOT_ON_BUNDLES:
            continue
        package = _package(name)
        rules = {rule.id: wants(rule) for rule in _rules_of(package)}
        if not any(rules.values()):
            continue
        for check_id, check in package.CHECKS:
            # An id that is no rule's names a pass that speaks for the whole family.
            if rules.get(check_id, True):
                findings.extend(guarded(check_id, check, context))
    return findings


def guarded(rule_id: str, check: Callable[..., Iterable[Finding]], *given: Any) -> list[Finding]:
    """What `check` finds; when it raises, one finding that names it and what it had found."""
    found: list[Finding] = []
    try:
        found.extend(check(*given))
    except UsageError:  # an input that cannot be read, such as a schema of the user's
        raise
    except Exception as error:  # a broken rule must not hide the others
        rule = all_rules().get(rule_id)
        crashed = dataclasses.replace(CRASHED, family=rule.family if rule else CRASHED.family)
        message = f"the rule {rule_id} raised {type(error).__name__}: {error}"
        found.append(crashed.finding(message, Place()))
    return found
