"""Machines from a reservation that are bought in a way that uses none."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each such pool."""
    for path, pool in context.items("cluster", "nodePools"):
        purchase = pool.get("purchase")
        if pool.get("reservation") is not None and purchase in ("spot", "flex-start"):
            yield RULE.finding(
                f"{pool.get('name', 'a node pool')} sets a reservation and purchase {purchase}",
                context.place(*path, "purchase"),
                context.place(*path, "reservation", note="the reservation"),
            )
