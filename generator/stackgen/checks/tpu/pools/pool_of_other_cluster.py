"""A node pool whose zones are not in the region of its cluster."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.locations import region_of
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

_NAMED = regex(r"(?:\$\{google_container_cluster\.[\w-]+\.(?:name|id|self_link)\}|[a-z0-9-]+)\Z")
_LOCATION = regex(r"[a-z]+-[a-z]+\d+(?:-[a-z]+\d*[a-z]?)?\Z")


def check(context: Context) -> Violations:
    """One finding for each pool with zones, where the input has one cluster."""
    seen = view(context)
    if len(seen.clusters) != 1:
        return
    cluster = seen.clusters[0]
    location = text(cluster.get("spec", "location"))
    if not plain(location) or not _LOCATION.match(location):
        return
    region = region_of(location)
    for pool in seen.pools:
        zones = [z for z in pool.zones or () if _LOCATION.match(z)]
        given = text(pool.get("clusterRef", "name"))
        mine = given in ("", cluster.name) or given.startswith("${google_container_cluster.")
        wrong = [zone for zone in zones if region_of(zone) != region]
        if wrong and mine and _NAMED.match(given or "x"):
            yield violation(
                f"node pool {pool.name} is in {', '.join(wrong)}, and its cluster in {location}",
                pool.place("nodeLocations"),
                Place(cluster, ("spec", "location")),
            )
