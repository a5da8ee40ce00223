"""A slice over several zones."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each such pool."""
    for pool in view(context).tpu_pools:
        zones = pool.zones or ()
        named = pool.get("placementPolicy", "policyNameRef") is not None
        compact = named or pool.get("placementPolicy", "type") == "COMPACT"
        if compact and len(zones) > 1:
            yield violation(
                f"node pool {pool.name} has compact placement in {len(zones)} zones: "
                f"{', '.join(zones)}",
                pool.place("nodeLocations"),
                pool.place("placementPolicy", "type", note="one zone only"),
            )
