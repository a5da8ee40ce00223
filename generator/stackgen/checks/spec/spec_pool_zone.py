"""A TPU or GPU pool of a regional cluster that names no zone."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import capacities
from stackgen.facts.locations import region_of, zones_with
from stackgen.facts.shape import as_list
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """One finding for each such pool without a zone, and each pool outside of the region."""
    cluster = context.spec.get("cluster")
    location = cluster.get("location") if isinstance(cluster, dict) else None
    if not isinstance(location, str):
        return
    regional = context.catalog.copy().region(location) is not None
    region = region_of(location)
    for path, pool, name in capacities(context):
        zones = [((*path, "zone"), pool.get("zone"))]
        zones += [((*path, "zones", i), zone) for i, zone in enumerate(as_list(pool.get("zones")))]
        for where, zone in zones:
            if isinstance(zone, str) and region_of(zone) != region:
                yield violation(
                    f"{name} is in {zone}, the cluster in {location}",
                    context.place(*where),
                    context.place("spec", "cluster", "location", note="the cluster"),
                    remedy=_remedy(context, name, pool.get("accelerator"), region),
                )
        if "fallback" in path or isinstance(pool.get("zone"), str):
            continue
        if regional and pool.get("accelerator") is not None:
            there = _zones(context, pool.get("accelerator"), region)
            yield violation(
                f"{name} has accelerator {pool['accelerator']} but no zone, and {location} is "
                f"a region{there}",
                context.place(*path, "accelerator"),
                context.place("spec", "cluster", "location", note="a region"),
                remedy=_remedy(context, name, pool["accelerator"], region),
            )


def _zones(context: SpecContext, accelerator: object, region: str) -> str:
    here = _in_region(context, accelerator, region)
    return f"; {accelerator} is in {', '.join(here)}" if here else ""


def _remedy(context: SpecContext, name: object, accelerator: object, region: str) -> str:
    """The zone to set; the general advice of the rule where no zone is known."""
    here = _in_region(context, accelerator, region)
    others = f" (or {', '.join(here[1:])})" if here[1:] else ""
    if "fallback " in str(name):
        return f"Set `zones: [{', '.join(here)}]` on {name}." if here else ""
    return f"Set `zone: {here[0]}`{others} on the node pool {name}." if here else ""


def _in_region(context: SpecContext, accelerator: object, region: str) -> list[str]:
    row = context.catalog.accelerator(str(accelerator))
    return sorted(zones_with(row, region)) if row is not None else []
