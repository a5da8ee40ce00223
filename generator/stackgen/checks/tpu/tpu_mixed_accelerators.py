"""TPUs and GPUs in one pod."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.workloads import ACCELERATOR, GPU, GPU_ACCELERATOR, TPU, Workload
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.manifest.document import Path

RULE = Rule(
    id="tpu-mixed-accelerators",
    family="tpu",
    severity=Severity.ERROR,
    summary="Pods ask for TPUs and for GPUs.",
    impact=(
        "No machine has both: the pods stay Pending, and the autoscaler adds no TPU node for "
        "pods with a GPU label."
    ),
    remedy="Split the work into pods of one kind of accelerator each.",
    source=(
        "GKE autoscaler (GoogleCloudPlatform/cluster-autoscaler@7d25050) "
        "pkg/autoprovisioning/tpu_requests.go"
    ),
    bad="limits: {google.com/tpu: 4, nvidia.com/gpu: 1}",
    good="limits: {google.com/tpu: 4}",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pod template with both."""
    for workload in view(context).workloads:
        tpu = _asked(workload, TPU, ACCELERATOR)
        gpu = _asked(workload, GPU, GPU_ACCELERATOR)
        if tpu and gpu:
            yield RULE.finding(
                f"{workload.called} wants {tpu[-1]} and {gpu[-1]}: no machine has TPUs and GPUs",
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
