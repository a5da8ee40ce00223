"""A pod that no node of its machine type can hold."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.tpu.engine import gpu_machines, gpu_of
from stackgen.checks.tpu.gpu_count_exceeds_node import COMPLETE
from stackgen.checks.tpu.quantity import GIB, gib, number
from stackgen.checks.tpu.view import View, view
from stackgen.checks.tpu.workloads import NODE_POOL, Workload
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.manifest.document import Path
from stackgen.plan.gpus import machine_type
from stackgen.plan.nodes import allocatable_cpu, allocatable_memory

RULE = Rule(
    id="pod-exceeds-node",
    family="tpu",
    severity=Severity.ERROR,
    summary="Pods ask for more CPU or memory than their machine has for them.",
    impact=(
        "They stay Pending; the autoscaler says that the pod would not fit even on an empty node."
    ),
    remedy=(
        "Ask for less than the machine's allocatable CPU and memory, or choose a larger machine."
    ),
    source=(
        "GKE autoscaler 7d25050 deprecated_machine_types_config.go; "
        "docs.cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes (what GKE "
        "reserves)"
    ),
    bad="""\
nodeSelector: {cloud.google.com/gke-tpu-topology: 1x1}   # ct6e-standard-1t: 44 vCPU, 176 GiB
requests: {cpu: 60, memory: 300Gi}
""",
    good="""\
nodeSelector: {cloud.google.com/gke-tpu-topology: 1x1}
requests: {cpu: 20, memory: 80Gi}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pod template and resource."""
    seen = view(context)
    for workload in seen.workloads:
        machine = _machine(seen, workload)
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
            shown = gib(asked) if name == "memory" else f"{asked:g} vCPU"
            left = gib(has) if name == "memory" else f"{has:g} vCPU"
            yield RULE.finding(
                f"{workload.called} asks for {shown}; of the {of} of {machine_type(machine)}, "
                f"{left} are left for pods",
                Place(workload.resource, path),
            )


def _machine(seen: View, workload: Workload) -> Row | None:
    """The machine of the nodes; of several GPU machines the largest that the pods may land on."""
    if workload.tpu_containers:
        shape = seen.target(workload).shape
        return seen.catalog.machine(shape.machine) if shape else None
    row = gpu_of(seen, workload)
    if row is None or (NODE_POOL not in workload.labels and row.data["label"] not in COMPLETE):
        return None
    return max(gpu_machines(seen, workload), key=lambda m: m.data["memory_gib"], default=None)


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
