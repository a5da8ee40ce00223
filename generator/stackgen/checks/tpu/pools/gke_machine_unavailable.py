"""A machine type that the region of its node pool does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.locations import machines_instead, region_of
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pool whose machines are of a series that the region lacks."""
    seen = view(context)
    for pool in seen.pools:
        if not pool.zones:
            continue
        others = machines_instead(pool.machine_type, pool.zones[0], seen.catalog)
        if others is None:
            continue
        yield RULE.finding(
            f"{region_of(pool.zones[0])} has no {pool.machine_type}",
            pool.place("nodeConfig", "machineType"),
            remedy=f"Set machineType to {' or '.join(others)}." if others else None,
        )
