"""A slice over several zones."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each such pool."""
    for pool in view(context).tpu_pools:
        zones = pool.zones or ()
        compact = pool.get("placementPolicy", "type") == "COMPACT"
        if compact and len(zones) > 1:
            yield RULE.finding(
                f"node pool {pool.name} has compact placement in {len(zones)} zones: "
                f"{', '.join(zones)}",
                pool.place("nodeLocations"),
                pool.place("placementPolicy", "type", note="one zone only"),
            )
