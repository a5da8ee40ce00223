"""A release, machine type or topology that the catalog does not have."""

from __future__ import annotations

from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import capacities, did_you_mean
from stackgen.facts.locations import in_region
from stackgen.facts.shape import as_dict, as_list
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex
from stackgen.spelling import nearest

_SHAPE = regex(r"(?:auto|\d+(?:x\d+)+)\Z")
_REMOVE = "Remove this entry of `fallback`."


def check(context: SpecContext) -> Violations:
    """One finding for each reference into the catalog that has no row."""
    catalog = context.catalog
    release = context.spec.get("release")
    releases = list(catalog.names("release"))
    if isinstance(release, str) and release not in releases:
        yield violation(
            f"the catalog has no release {release!r}{did_you_mean(release, releases)}",
            context.place("spec", "release"),
            impact="Not rendered. The versions of KServe, Istio and the operators are not known.",
            remedy=_set("release", nearest(release, releases)),
        )
    elif isinstance(release, str) and _lint_only(catalog, release):
        rendered = [name for name in releases if not _lint_only(catalog, name)]
        yield violation(
            f"release {release} is only for lint; releases for stacks are {', '.join(rendered)}",
            context.place("spec", "release"),
            impact="Not rendered. The versions of KServe, Istio and the operators are not known.",
            remedy=_set("release", nearest(release, rendered) or rendered[-1]),
        )
    for path, pool, _ in capacities(context):
        machine = pool.get("machineType")
        machines = list(catalog.names("machine"))
        if isinstance(machine, str) and machine not in machines:
            yield violation(
                f"the catalog has no machine type {machine!r}{did_you_mean(machine, machines)}",
                context.place(*path, "machineType"),
                remedy=_set("machineType", nearest(machine, machines)),
            )
        accelerator, topology = pool.get("accelerator"), pool.get("topology")
        if isinstance(accelerator, str) and isinstance(topology, str):
            if accelerator not in catalog.names("accelerator") or not _SHAPE.match(topology):
                continue  # the schema already says so
            offered = list(
                dict.fromkeys(t.data["topology"] for t in catalog.topologies(accelerator))
            )
            if offered and topology not in (*offered, "auto"):
                yield violation(
                    f"{accelerator} has no topology {topology}; there is {', '.join(offered)}",
                    context.place(*path, "topology"),
                    context.place(*path, "accelerator", note="this generation"),
                    remedy=_topology(context, path, pool, offered),
                )


def _topology(context: SpecContext, path: Path, pool: dict[str, Any], offered: list[str]) -> str:
    """A topology to write; in an entry of `fallback` one with the slices of its node pool."""
    topology = pool["topology"]
    if "fallback" not in path:
        return _set("topology", nearest(topology, offered) or offered[0])
    catalog, accelerator = context.catalog, pool["accelerator"]
    above = next(one for at, one in context.items("cluster", "nodePools") if at == path[:-2])
    own = catalog.topology(str(above.get("accelerator")), str(above.get("topology")), None)
    zones = pool.get("zones") or [
        above.get("zone") or as_dict(context.spec.get("cluster")).get("location")
    ]
    row = catalog.accelerator(accelerator)
    if row is not None and not any(in_region(row, str(zone)) for zone in as_list(zones)):
        return _REMOVE
    if own is None:
        return _set("topology", nearest(topology, offered) or offered[0])
    alike = [
        made.data["topology"] for made in catalog.topologies(accelerator)
        if all(made.data[field] == own.data[field] for field in ("hosts", "chips"))
    ]  # fmt: skip
    return f"Set `topology: {alike[0]}` on this entry of `fallback`." if alike else _REMOVE


def _set(field: str, value: str | None) -> str:
    """What to write, where a value is near; else the words of the rule's page."""
    return (
        f"Set `{field}: {value}`, or add a row to `catalog/` next to `stack.yaml`." if value else ""
    )


def _lint_only(catalog: Catalog, release: str) -> bool:
    row = catalog.release(release)
    return row is not None and row.data.get("lint_only") is True
