"""Where a bundle names topologies: pods that select one, pools and ComputeClasses that have one."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.rows import Row
from stackgen.checks.tpu.view import View
from stackgen.facts.hardware import topologies
from stackgen.facts.pools import priorities
from stackgen.facts.workloads import TOPOLOGY, known
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
        if pool.generation is not None and isinstance(written, str) and known(written):
            place = pool.place("placementPolicy", "tpuTopology")
            yield _use(seen, pool.generation, written, place)
    for resource in seen.classes.values():
        for path, priority in priorities(resource):
            tpu = priority.get("tpu")
            if not isinstance(tpu, dict):
                continue
            kind, topology = tpu.get("type"), tpu.get("topology")
            row = seen.catalog.accelerator_of_label(kind) if isinstance(kind, str) else None
            if row is not None and isinstance(topology, str) and known(topology):
                yield _use(seen, row, topology, Place(resource, (*path, "tpu", "topology")))


def _use(seen: View, generation: Row, topology: str, place: Place) -> Use:
    return Use(generation, topology, place, topologies(seen.catalog, generation))
