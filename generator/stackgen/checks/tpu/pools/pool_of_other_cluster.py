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
    """One finding for each pool with zones elsewhere than its cluster, or than it says itself."""
    seen = view(context)
    cluster = seen.clusters[0] if len(seen.clusters) == 1 else None
    for pool in seen.pools:
        given = text(pool.get("clusterRef", "name"))
        if not _NAMED.match(given or "x"):
            continue
        mine = cluster is not None and (
            given in ("", cluster.name) or given.startswith("${google_container_cluster.")
        )
        of = cluster if cluster is not None and mine else pool.resource
        location = text(of.get("spec", "location"))
        zones = [z for z in pool.zones or () if _LOCATION.match(z)]
        wrong = [zone for zone in zones if region_of(zone) != region_of(location)]
        if wrong and plain(location) and _LOCATION.match(location):
            yield violation(
                f"node pool {pool.name} is in {', '.join(wrong)}, and its cluster in {location}",
                pool.place("nodeLocations"),
                Place(of, ("spec", "location")),
            )
