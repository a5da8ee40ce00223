"""TPUs and GPUs in one pod."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import ACCELERATOR, GPU, GPU_ACCELERATOR, TPU, Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path


def check(context: Context) -> Violations:
    """One finding for each Pod template with both."""
    for workload in view(context).workloads:
        tpu = _asked(workload, TPU, ACCELERATOR)
        gpu = _asked(workload, GPU, GPU_ACCELERATOR)
        if tpu and gpu:
            yield violation(
                f"{workload.display_name} requests {tpu[-1]} and {gpu[-1]}: no machine type has "
                "TPUs and "
                "GPUs",
                Place(workload.resource, gpu, key=True),
                Place(workload.resource, tpu, key=True, note="the TPU"),
            )


def _asked(workload: Workload, resource: str, label: str) -> Path | None:
    for container in workload.containers:
        path = container.amount_path(resource)
        if path is not None:
            return path
    found = workload.labels.get(label)
    # A TPU's name under the GPU's label is another mistake.
    if found is None or any(value.startswith(("tpu", "ct")) for value in found.values):
        return None
    return (*found.path[:-1], label)
