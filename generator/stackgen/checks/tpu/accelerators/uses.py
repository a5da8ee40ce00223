"""Where a bundle names generations and topologies.

Pods and Kueue's flavors select nodes by them. Node pools and ComputeClasses have them.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.rows import Row
from stackgen.checks.tpu.view import View
from stackgen.facts.hardware import topologies
from stackgen.facts.pools import priorities
from stackgen.facts.shape import as_dict, plain, text
from stackgen.facts.workloads import ACCELERATOR, TOPOLOGY
from stackgen.findings.model import Place
from stackgen.record import record


@record
class Use:
    """A topology of a known generation. known: what the catalog lists for it."""

    generation: Row
    topology: str
    place: Place
    known: list[str]


def topology_uses(seen: View) -> Iterator[Use]:
    """Every topology that is named together with its generation."""
    for workload in seen.workloads:
        label, target = workload.labels.get(TOPOLOGY), seen.target(workload)
        for value in label.values if label else ():
            if label is not None and target.generation is not None:
                place = Place(workload.resource, label.path)
                yield _use(seen, target.generation, value, place)
    for pool in seen.tpu_pools:
        written = pool.get("placementPolicy", "tpuTopology")
        if pool.generation is not None and isinstance(written, str) and plain(written):
            place = pool.place("placementPolicy", "tpuTopology")
            yield _use(seen, pool.generation, written, place)
    for kind, topology, place in _wanted(seen):
        row = seen.catalog.accelerator_of_label(kind)
        if row is not None and topology and plain(topology):
            yield _use(seen, row, topology, place)


def generation_uses(seen: View) -> Iterator[tuple[str, str, Place]]:
    """Every value that stands for a generation: what names it, the value and its place."""
    for workload in seen.workloads:
        label = workload.labels.get(ACCELERATOR)
        for value in label.values if label else ():
            if label is not None:
                yield workload.display_name, value, Place(workload.resource, label.path)
    for kind, _, place in _wanted(seen):
        resource = place.resource
        if kind and plain(kind) and resource is not None:
            yield f"{resource.kind} {resource.name}", kind, _beside(place)


def _beside(place: Place) -> Place:
    """The place of the generation, of that of the topology."""
    key = "type" if place.path[-1] == "topology" else ACCELERATOR
    return Place(place.resource, (*place.path[:-1], key))


def _wanted(seen: View) -> Iterator[tuple[str, str, Place]]:
    """Generation, topology and the place of the topology in ComputeClasses and ResourceFlavors."""
    for resource in seen.classes.values():
        for path, priority in priorities(resource):
            tpu = as_dict(priority.get("tpu"))
            place = Place(resource, (*path, "tpu", "topology"))
            yield text(tpu.get("type")), text(tpu.get("topology")), place
    for flavor in seen.context.bundle.of_kind("ResourceFlavor", "kueue.x-k8s.io"):
        labels = as_dict(flavor.get("spec", "nodeLabels"))
        place = Place(flavor, ("spec", "nodeLabels", TOPOLOGY))
        yield text(labels.get(ACCELERATOR)), text(labels.get(TOPOLOGY)), place


def _use(seen: View, generation: Row, topology: str, place: Place) -> Use:
    return Use(generation, topology, place, topologies(seen.catalog, generation))
