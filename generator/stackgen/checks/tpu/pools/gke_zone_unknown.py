"""A cluster or node pool in a region or zone that Google Cloud does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.locations import unknown_location
from stackgen.facts.shape import plain
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """One finding for each location of a cluster or node pool that does not exist."""
    seen = view(context)
    for resource in (*seen.clusters, *(pool.resource for pool in seen.pools)):
        for path, location in _locations(resource):
            if isinstance(location, str) and plain(location):
                why = unknown_location(location, seen.catalog)
                if why:
                    yield violation(why, Place(resource, path))


def _locations(resource: Resource) -> Iterator[tuple[Path, object]]:
    yield ("spec", "location"), resource.get("spec", "location")
    zones = resource.get("spec", "nodeLocations")
    for i, zone in enumerate(zones if isinstance(zones, list) else ()):
        yield ("spec", "nodeLocations", i), zone
