"""A region or zone that Google Cloud does not have."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import capacities
from stackgen.facts.locations import unknown_location
from stackgen.facts.shape import as_list
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.spelling import nearest


def check(context: SpecContext) -> Violations:
    """One finding for the location of the cluster and for each zone of a pool."""
    cluster = context.spec.get("cluster")
    named: list[tuple[Path, object]] = []
    if isinstance(cluster, dict):
        named.append((("spec", "cluster", "location"), cluster.get("location")))
    for path, pool, _ in capacities(context):
        named += [((*path, "zone"), pool.get("zone"))]
        named += [((*path, "zones", i), z) for i, z in enumerate(as_list(pool.get("zones")))]
    for where, location in named:
        why = unknown_location(location, context.catalog) if isinstance(location, str) else ""
        if why and isinstance(location, str):
            yield violation(why, context.place(*where), remedy=_remedy(context, where, location))


def _remedy(context: SpecContext, where: Path, location: str) -> str:
    """The nearest zone or region, where there is one; else that of the page."""
    catalog = context.catalog.copy()
    regions = catalog.rows("region")
    near = nearest(
        location, [*catalog.names("region"), *(z for r in regions for z in r.data["zones"])]
    )
    if near is None:
        return ""
    return f"Write `{near}`." if isinstance(where[-1], int) else f"Write `{where[-1]}: {near}`."
