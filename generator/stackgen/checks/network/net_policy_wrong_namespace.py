"""A policy in another namespace than its pods."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.view import view
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each policy whose pods are elsewhere."""
    seen = view(context)
    for policy in seen.policies:
        wanted = policy.subject.pods
        if not policy.namespace or wanted is None or not wanted.requirements:
            continue
        if seen.selected(policy) or policy.namespace in seen.hidden:
            continue
        pods = seen.labelled.candidates("*", wanted)
        there = sorted({x.namespace for x in pods if wanted.matches(x.labels)})
        if there:
            given = bool(policy.resource.namespace)
            where = policy.namespace if given else f"no namespace, so in {policy.namespace}"
            yield RULE.finding(
                f"{policy.resource.name} is in {where}; the pods it selects are in "
                f"{', '.join(there)}",
                Place(policy.resource, ("metadata", "namespace" if given else "name")),
            )
