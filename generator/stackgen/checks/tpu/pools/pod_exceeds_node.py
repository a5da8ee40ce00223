"""A Pod that no node of its machine type can hold."""

from __future__ import annotations

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import gpu_machines, gpu_of, gpu_pools_for
from stackgen.checks.tpu.pools.gpu_count_exceeds_node import COMPLETE
from stackgen.checks.tpu.view import View, view
from stackgen.facts.gpu_machines import machine_type
from stackgen.facts.pools import priorities
from stackgen.facts.quantity import GIB, gib, number
from stackgen.facts.shape import text
from stackgen.facts.workloads import NODE_POOL, Workload
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.plan.nodes import allocatable_cpu, allocatable_memory


def check(context: Context) -> Violations:
    """One finding for each Pod template and resource."""
    seen = view(context)
    for workload in seen.workloads:
        machine, certain = _machine(seen, workload)
        if machine is None:
            continue
        reserved = seen.catalog.gke("node-reservation").data
        cpu = round(allocatable_cpu(machine.data["vcpu"], reserved), 2)
        memory = allocatable_memory(machine.data["memory_gib"], reserved) * GIB
        for name, has, of in (
            ("cpu", cpu, f"{machine.data['vcpu']} vCPU"),
            ("memory", memory, f"{machine.data['memory_gib']} GiB"),
        ):
            asked, path = _requested(workload, name)
            if path is None or asked <= has:
                continue
            shown = (
                gib(asked) if name == "memory" else f"{round(asked, 2):,} vCPU".replace(".0 ", " ")
            )
            left = gib(has) if name == "memory" else f"{has:g} vCPU"
            yield violation(
                f"{workload.display_name} requests {shown}; of the {of} of "
                f"{machine_type(machine)}, {left} are allocatable",
                Place(workload.resource, path),
                severity=None if certain else Severity.WARNING,
            )


def _machine(seen: View, workload: Workload) -> tuple[Row | None, bool]:
    """The machine of the nodes; of several GPU machines the largest that the Pods may land on.

    And whether no node pool that the input does not show can have a larger one.
    """
    if workload.tpu_containers:
        shape = seen.target(workload).shape
        return (seen.catalog.machine(shape.machine) if shape else None), True
    of_class = _of_class(seen, workload)
    if of_class is not None:
        return of_class, False
    row = gpu_of(seen, workload)
    if row is not None and NODE_POOL not in workload.labels:
        pools = gpu_pools_for(seen, workload)
        found = [pool.gpu_machine for pool in pools]
        if pools and all(found) and not seen.makes_pools:
            return max((m for m in found if m), key=lambda m: m.data["memory_gib"]), False
    if row is None or (NODE_POOL not in workload.labels and row.data["label"] not in COMPLETE):
        return None, True
    machines = gpu_machines(seen, workload)
    return max(machines, key=lambda m: m.data["memory_gib"], default=None), True


def _of_class(seen: View, workload: Workload) -> Row | None:
    """The largest machine type of a ComputeClass that names one in each priority."""
    resource = seen.compute_class(workload)
    rules = [rule for _, rule in priorities(resource)] if resource is not None else []
    found = [seen.catalog.machine(text(rule.get("machineType"))) for rule in rules]
    if not found or None in found:
        return None
    return max((one for one in found if one), key=lambda m: (m.data["memory_gib"], m.data["vcpu"]))


def _requested(workload: Workload, name: str) -> tuple[float, Path | None]:
    """What all containers together ask for, and the largest share's place."""
    total, largest, where = 0.0, 0.0, None
    for container in workload.containers:
        for section in ("requests", "limits"):
            path = (*container.path, "resources", section, name)
            amount = number(workload.resource.get(*path))
            if amount is None or container.init:
                continue
            total += amount
            if amount > largest:
                largest, where = amount, path
            break
    return total, where
