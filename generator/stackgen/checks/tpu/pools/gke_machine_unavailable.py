"""A machine type that the region of its node pool does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.locations import machines_instead, region_of
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each pool whose machines are of a series that the region lacks."""
    seen = view(context)
    for pool in seen.pools:
        if not pool.zones:
            continue
        others = machines_instead(pool.machine_type, pool.zones[0], seen.catalog)
        if others is None:
            continue
        yield violation(
            f"{region_of(pool.zones[0])} has no {pool.machine_type}",
            pool.place("nodeConfig", "machineType"),
            remedy=f"Set machineType to {' or '.join(others)}." if others else None,
        )
