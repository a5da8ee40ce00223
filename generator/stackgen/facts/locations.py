"""Where a cluster or node pool is: regions and zones of Google Cloud.

A region is `us-central1`. A zone is a region with one more part: a letter (`us-central1-a`), or an
AI zone (`us-central1-ai1a`). Source: catalog/regions.yaml.
"""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_LOCATION = regex(r"([a-z]+-[a-z]+[0-9]+)(-[a-z0-9]+)?")


def is_zone(location: str) -> bool:
    """Whether `location` has the form of a zone; a region and any other text do not."""
    found = _LOCATION.fullmatch(location)
    return found is not None and found[2] is not None


def is_location(location: str) -> bool:
    """Whether `location` has the form of a region or of a zone."""
    return _LOCATION.fullmatch(location) is not None


def region_of(location: str) -> str:
    """The region of a zone or region; `location` itself when it is neither."""
    found = _LOCATION.fullmatch(location)
    return found[1] if found is not None else location


def unknown_location(location: str, catalog: Catalog) -> str:
    """Why no such region or zone exists, with the nearest that does; empty when it exists."""
    region = region_of(location)
    catalog = catalog.copy()  # the row decides no rendered value
    row = catalog.region(region)
    if row is None:
        names = catalog.names("region")
        zones = [z for r in catalog.rows("region") for z in r.data["zones"]]
        hint = did_you_mean(location, [*names, *zones])
        return f"Google Cloud has no region or zone {location}{hint}"
    zones = row.data["zones"]
    if not is_zone(location) or location in zones:
        return ""
    hint = did_you_mean(location, zones)
    return f"{region} has no zone {location}, only {', '.join(zones)}{hint}"


def zones_with(accelerator: Row, region: str = "") -> list[str]:
    """The zones that have an accelerator, those in every list first; only of `region` if given."""
    lists = (accelerator.data.get(name, ()) for name in ("zones_safe", "zones_unsure"))
    return [z for zones in lists for z in zones if not region or region_of(z) == region]


def in_region(accelerator: Row, location: str) -> bool:
    """Whether a zone of the region of `location` may have it: unknown lists do not deny it."""
    region = region_of(location)
    known = region in accelerator.data.get("regions", ()) or not zones_with(accelerator)
    return known or bool(zones_with(accelerator, region))


def machines_instead(machine: str, location: str, catalog: Catalog) -> list[str] | None:
    """Where the region of `location` lacks a machine type: those with as many vCPUs that it has.

    None: the region has the type, or the catalog does not know one of the two. Types with
    accelerators are left out.
    """
    row, region = catalog.machine(machine), catalog.region(region_of(location))
    lacks: list[str] = [] if region is None else region.data.get("lacks", [])
    if row is None or row.data.get("series") not in lacks:
        return None
    return [
        other.key
        for other in catalog.rows("machine")
        if other.data.get("series", lacks[0]) not in lacks
        and other.data["vcpu"] == row.data["vcpu"]
    ]
