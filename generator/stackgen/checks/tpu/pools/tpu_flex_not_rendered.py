"""A node pool that Config Connector cannot ask for."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each such pool."""
    if context.plan is None or context.loaded is None or context.stack is None:
        return
    if not context.stack.spec.cluster.managed.value:
        return
    for pool in context.plan.pools:
        if pool.spec.purchase.value == "flex-start":
            yield RULE.finding(
                f"{pool.spec.name.value} uses flex-start; ContainerNodePool has no field for that",
                place_of(context, pool.spec.purchase),
            )
