"""A region or zone that Google Cloud does not have."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.facts.locations import unknown_location
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path


def check(context: SpecContext) -> Violations:
    """One finding for the location of the cluster and for each zone of a pool."""
    cluster = context.spec.get("cluster")
    named: list[tuple[Path, object]] = []
    if isinstance(cluster, dict):
        named.append((("spec", "cluster", "location"), cluster.get("location")))
    named += [((*p, "zone"), pool.get("zone")) for p, pool in context.items("cluster", "nodePools")]
    for path, location in named:
        why = unknown_location(location, context.catalog) if isinstance(location, str) else ""
        if why:
            yield violation(why, context.place(*path))
