"""A machine type that the topology is not built of."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.hardware import Shape, looks_like_tpu, shapes
from stackgen.facts.workloads import INSTANCE_TYPE
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import or_list


def check(context: Context) -> Violations:
    """One finding for each pool, Pod template or priority of a ComputeClass."""
    seen = view(context)
    for pool in seen.tpu_pools:
        written = pool.get("placementPolicy", "tpuTopology")
        if pool.shape is None and pool.generation is not None and isinstance(written, str):
            matching = shapes(seen.catalog, pool.generation, written)
            if matching:
                yield violation(
                    _message(f"node pool {pool.name}", pool.machine_type, written, matching),
                    pool.place("placementPolicy", "tpuTopology"),
                    pool.place("nodeConfig", "machineType", note="of these machines"),
                )
    for workload in seen.workloads:
        machine, target = workload.label(INSTANCE_TYPE), seen.target(workload)
        if machine is None or target.generation is None or not target.topology:
            continue
        matching = shapes(seen.catalog, target.generation, target.topology)
        if matching and looks_like_tpu(machine) and machine not in {s.machine for s in matching}:
            yield violation(
                _message(workload.display_name, machine, target.topology, matching),
                Place(workload.resource, workload.labels[INSTANCE_TYPE].path),
            )


def _message(who: str, machine: str, topology: str, matching: tuple[Shape, ...]) -> str:
    built = or_list(dict.fromkeys(s.machine for s in matching))
    return f"{who} has {machine} with topology {topology}, which needs {built}"
