"""A zone without this TPU generation."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import Pool
from stackgen.findings.model import Finding, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each zone of a pool that is in no list, or in doubtful ones only."""
    for pool in view(context).tpu_pools:
        row = pool.generation
        if row is None or not pool.zones:
            continue
        safe = row.data.get("zones_safe", [])
        unsure = row.data.get("zones_unsure", [])
        for zone in pool.zones:
            path = _path(pool, zone)
            if zone in safe or not (safe or unsure):
                continue
            if zone not in unsure:
                yield RULE.finding(
                    f"{zone} is not known to have {row.key}",
                    pool.place(*path),
                    remedy=f"known to have it: {', '.join(safe or unsure)}",
                )
            elif safe:
                yield RULE.finding(
                    f"{zone} has {row.key} by some lists, not by Google's own",
                    pool.place(*path),
                    severity=Severity.INFO,
                    confidence="low",
                    remedy=f"surely have it: {', '.join(safe)}",
                )


def _path(pool: Pool, zone: str) -> Path:
    locations = pool.get("nodeLocations")
    if isinstance(locations, list) and zone in locations:
        return ("nodeLocations", locations.index(zone))
    return ("location",)
