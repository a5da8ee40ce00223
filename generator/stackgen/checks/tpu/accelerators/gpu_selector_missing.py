"""A GPU, no matter which."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.tpu_selector_missing import queued
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import (
    COMPUTE_CLASS,
    GPU,
    GPU_ACCELERATOR,
    INSTANCE_TYPE,
    NODE_POOL,
)
from stackgen.findings.model import Place, Violations, violation

CHOOSING = (GPU_ACCELERATOR, NODE_POOL, COMPUTE_CLASS, INSTANCE_TYPE)


def check(context: Context) -> Violations:
    """One finding for each Pod template, where the bundle has pools of several types."""
    seen = view(context)
    for workload in seen.workloads:
        types = seen.pools_near(workload, "gpu").gpu_labels
        if len(types) < 2:
            continue
        asks = [c for c in workload.containers if c.amount_path(GPU)]
        if (
            not asks
            or not workload.whole
            or queued(workload)
            or any(key in workload.labels for key in CHOOSING)
        ):
            continue
        custom = [key for key in workload.labels if "/" not in key or "google.com" not in key]
        if not custom:
            yield violation(
                f"{workload.display_name} selects no GPU type; the cluster has "
                f"{', '.join(sorted(types))}",
                workload.place("nodeSelector", key=True),
                Place(workload.resource, asks[0].amount_path(GPU) or (), note="requested here"),
            )
