"""Machines from a reservation that are bought in a way that uses none."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-reservation-purchase",
    family="spec",
    severity=Severity.ERROR,
    summary="A node pool names a reservation and is Spot or flex-start.",
    impact="Google Cloud refuses the node pool: such machines come from no reservation.",
    remedy="Remove `reservation`, or `purchase`: reserved machines cost the on-demand price, or "
    "that of a commitment (1-year, 3-year).",
    source="cluster-toolkit@1047080 modules/compute/gke-node-pool preconditions (flex-start); "
    "docs.cloud.google.com/compute/docs/instances/spot (Spot)",
    bad="{name: tpu, purchase: spot, reservation: tpu-2027}",
    good="{name: tpu, purchase: 1-year, reservation: tpu-2027}",
)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each such pool."""
    for path, pool in context.items("cluster", "nodePools"):
        purchase = pool.get("purchase")
        if pool.get("reservation") is not None and purchase in ("spot", "flex-start"):
            yield RULE.finding(
                f"{pool.get('name', 'a node pool')} takes its machines from a reservation and "
                f"buys them as {purchase}",
                context.place(*path, "purchase"),
                context.place(*path, "reservation", note="the reservation"),
            )
