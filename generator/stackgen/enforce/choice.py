"""Which policies can be enforced in a cluster, and why the others cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stackgen.checks.policy import pack
from stackgen.checks.policy.headers import Policy
from stackgen.enforce import facts
from stackgen.enforce.model import Form
from stackgen.findings.select import selection
from stackgen.record import record

SEVERAL = "it is about several objects together; a cluster judges each by itself"


@record
class LeftOut:
    """A policy that is not exported, and the reason."""

    policy: Policy
    reason: str


def reason(policy: Policy, form: Form) -> str:
    """Why this form cannot enforce the policy; empty when it can."""
    return SEVERAL if policy.scope == "set" else facts.left_out(policy, form)


def choose(
    policies: Sequence[Policy], form: Form, profile: Mapping[str, Any]
) -> tuple[list[Policy], list[LeftOut]]:
    """The policies to export, and the others with the reason."""
    chosen, others = [], []
    for policy in policies:
        why = reason(policy, form)
        if not why and policy.needs and policy.needs not in profile:
            why = f"it finds nothing without profile.{policy.needs}"
        if why:
            others.append(LeftOut(policy, why))
        else:
            chosen.append(policy)
    return chosen, others


def selected(select: Iterable[str]) -> list[Policy]:
    """The shipped policies that selectors name, all when there are none, sorted by id.

    Raises UsageError for a selector that no policy answers to.
    """
    policies = pack.policies()
    chosen = selection({policy.rule.id: policy.rule for policy in policies}, select)
    return [policy for policy in policies if chosen.wants(policy.rule)]
