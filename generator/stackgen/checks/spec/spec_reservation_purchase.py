"""Machines from a reservation that are bought in a way that uses none."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import capacities
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """One finding for each such pool."""
    for path, pool, name in capacities(context):
        purchase = pool.get("purchase")
        if pool.get("reservation") is not None and purchase in ("spot", "flex-start"):
            yield violation(
                f"{name} sets a reservation and purchase {purchase}",
                context.place(*path, "purchase"),
                context.place(*path, "reservation", note="the reservation"),
            )
