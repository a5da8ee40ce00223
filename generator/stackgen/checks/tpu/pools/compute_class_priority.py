"""A priority of a ComputeClass that no machine meets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.facts.hardware import shapes
from stackgen.facts.locations import is_location, is_zone, region_of
from stackgen.facts.pools import compute_classes, priorities
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, as_list, plain, text
from stackgen.facts.workloads import ACCELERATOR, COMPUTE_CLASS, TOPOLOGY
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.wording import or_list


def check(context: Context) -> Violations:
    """One finding for each field of a priority, and for each workload that no priority meets."""
    seen = view(context)
    for resource in compute_classes(context.bundle):
        for path, priority in priorities(resource):
            for field, said in _contradictions(seen, priority):
                yield violation(
                    f"ComputeClass {resource.name} {said}", Place(resource, (*path, *field))
                )
            yield from _elsewhere(seen, resource, path, priority)
    yield from _unmet(seen)


def _elsewhere(seen: View, resource: Resource, path: Path, priority: dict[str, Any]) -> Violations:
    """A zone of a priority that is not in the region of the only cluster."""
    cluster = seen.clusters[0] if len(seen.clusters) == 1 else None
    location = text(cluster.get("spec", "location")) if cluster is not None else ""
    if cluster is None or not is_location(location):
        return
    for i, zone in enumerate(as_list(as_dict(priority.get("location")).get("zones"))):
        if isinstance(zone, str) and is_zone(zone) and region_of(zone) != region_of(location):
            yield violation(
                f"ComputeClass {resource.name} has nodes in {zone}, and the cluster is in "
                f"{location}",
                Place(resource, (*path, "location", "zones", i)),
                Place(cluster, ("spec", "location")),
            )


def _contradictions(seen: View, priority: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Fields of a priority that do not go with another one, and what is wrong."""
    seconds, flex = whole(priority.get("maxRunDurationSeconds")), seen.catalog.gke("flex-start")
    low, high = flex.data["min_run_seconds"], flex.data["max_run_seconds"]
    started = as_dict(priority.get("flexStart")).get("enabled") is True
    if started and seconds is not None and not low <= seconds <= high:
        yield (
            ("maxRunDurationSeconds",),
            f"has maxRunDurationSeconds {seconds} with flexStart, which runs {low} to {high}",
        )
    for kind in ("tpu", "gpu"):
        given = as_dict(priority.get(kind))
        label, topology = text(given.get("type")), text(given.get("topology"))
        row = seen.catalog.accelerator_of_label(label)
        if row is None or row.data["kind"] != kind:
            continue
        machines = _machines(seen, row)
        matching = shapes(seen.catalog, row, topology) if kind == "tpu" else ()
        if matching:
            machines = [machine for machine in machines if machine in {s.machine for s in matching}]
        slice_of = f"{label} with topology {topology}" if matching else label
        for field, allowed in (
            ("machineType", machines),
            ("machineFamily", list(dict.fromkeys(m.partition("-")[0] for m in machines))),
        ):
            machine = text(priority.get(field))
            if machine and plain(machine) and allowed and machine not in allowed:
                if field == "machineType" and seen.catalog.machine(machine) is None:
                    continue
                yield (
                    (field,),
                    f"has {field} {machine} for {slice_of}, which needs {or_list(allowed)}",
                )
        count = whole(given.get("count"))
        sizes = sorted({s.per_host for s in matching})
        if count is not None and sizes and count not in sizes:
            needed = " or ".join(map(str, sizes))
            yield (kind, "count"), f"has count {count} for {slice_of}; a node has {needed} chips"


def _machines(seen: View, accelerator: Row) -> list[str]:
    """The machine types of the catalog that have the accelerator."""
    return [
        str(row.data.get("machine_type", row.key))
        for row in seen.catalog.rows("machine")
        if row.data.get("accelerator") == accelerator.key
    ]


def _unmet(seen: View) -> Violations:
    """Workloads that select a class, and nodes that no priority of it has."""
    for workload in seen.workloads:
        resource = seen.compute_class(workload)
        rules = [rule for _, rule in priorities(resource)] if resource is not None else []
        # Nodes of another kind of priority are not known by their labels.
        if resource is None or not rules or not all(as_dict(rule.get("tpu")) for rule in rules):
            continue
        for key, field in ((ACCELERATOR, "type"), (TOPOLOGY, "topology")):
            has = {text(as_dict(rule.get("tpu")).get(field)) for rule in rules}
            wanted = workload.label(key)
            if wanted and plain(wanted) and "" not in has and wanted not in has:
                yield violation(
                    f"{workload.display_name} selects {wanted}, and ComputeClass {resource.name} "
                    f"has {or_list(sorted(has))}",
                    Place(workload.resource, workload.labels[key].path),
                    Place(workload.resource, workload.labels[COMPUTE_CLASS].path, note="the class"),
                )
                break
