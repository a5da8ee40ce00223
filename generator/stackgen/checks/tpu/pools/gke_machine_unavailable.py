"""A machine type that the region of its node pool does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.locations import region_of
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pool whose machines are of a series that the region lacks."""
    seen = view(context)
    for pool in seen.pools:
        machine = seen.catalog.machine(pool.machine_type)
        region = seen.catalog.region(region_of(pool.zones[0])) if pool.zones else None
        if machine is None or region is None:
            continue
        lacks = region.data.get("lacks", ())
        if machine.data.get("series") not in lacks:
            continue
        others = " or ".join(_alike(machine, lacks, seen.catalog))
        yield RULE.finding(
            f"{region.key} has no {machine.key}",
            pool.place("nodeConfig", "machineType"),
            remedy=f"Set machineType to {others}." if others else None,
        )


def _alike(machine: Row, lacks: list[str], catalog: Catalog) -> list[str]:
    """The machines with as many vCPUs, and no accelerator, of the other series."""
    return [
        row.key
        for row in catalog.rows("machine")
        if row.data.get("series", lacks[0]) not in lacks
        and row.data["vcpu"] == machine.data["vcpu"]
    ]
