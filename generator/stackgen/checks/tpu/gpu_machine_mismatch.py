"""GPUs that the machine does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.gpu_count_exceeds_node import COMPLETE
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import either
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.plan.gpus import machine_type

RULE = Rule(
    id="gpu-machine-mismatch",
    family="tpu",
    severity=Severity.ERROR,
    summary="A node pool asks for GPUs that its machine type does not have.",
    impact="Google Cloud refuses the node pool.",
    remedy="Take the machine type that has these GPUs, or the GPUs of the machine type.",
    source="GKE autoscaler 7d25050 machine types (catalogue machines.yaml)",
    bad="""\
machineType: g2-standard-8
guestAccelerator: [{type: nvidia-l4, count: 2}]
""",
    good="""\
machineType: g2-standard-24
guestAccelerator: [{type: nvidia-l4, count: 2}]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pool; of GPUs whose machines the catalogue lists in full."""
    seen = view(context)
    for pool in seen.gpu_pools:
        row = seen.catalog.accelerator_of_label(pool.gpu_label)
        if row is None or pool.gpu_label not in COMPLETE or pool.gpu_machine is not None:
            continue
        if not pool.machine_type:
            continue
        machines = seen.catalog.machines_of(row.key)
        having = [machine_type(m) for m in machines if m.data["gpus"] == pool.gpus]
        offered = f"they come with {either(having)}" if having else "no machine has so many"
        yield RULE.finding(
            f"node pool {pool.name} asks for {pool.gpus} {pool.gpu_label} on "
            f"{pool.machine_type}; {offered}",
            pool.place("nodeConfig", "machineType"),
            pool.place("nodeConfig", "guestAccelerator", 0, "count", note="so many GPUs"),
        )
