"""A region or zone that Google Cloud does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.facts.locations import unknown_location
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path

RULE = rule_named(__name__)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for the location of the cluster and for each zone of a pool."""
    cluster = context.spec.get("cluster")
    named: list[tuple[Path, object]] = []
    if isinstance(cluster, dict):
        named.append((("spec", "cluster", "location"), cluster.get("location")))
    named += [((*p, "zone"), pool.get("zone")) for p, pool in context.items("cluster", "nodePools")]
    for path, location in named:
        why = unknown_location(location, context.catalog) if isinstance(location, str) else ""
        if why:
            yield RULE.finding(why, context.place(*path))
