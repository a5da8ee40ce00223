"""Pods on GPU nodes that neither ask for a GPU nor tolerate the taint."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import GPU, GPU_ACCELERATOR, Workload
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each Pod template."""
    for workload in view(context).workloads:
        label = workload.labels.get(GPU_ACCELERATOR)
        if label is None or not label.values or not workload.whole or _asks(workload):
            continue
        if not _tolerates(workload.spec.get("tolerations")):
            yield violation(
                f"{workload.display_name} selects nodes with {' or '.join(label.values)}, requests "
                "no nvidia.com/gpu, and does not tolerate their taint",
                Place(workload.resource, label.path),
                workload.place("tolerations", key=True, note="no toleration of nvidia.com/gpu"),
            )


def _asks(workload: Workload) -> bool:
    """Some container asks for GPUs, or may: for devices of a claim, or in words not known here."""
    return bool(workload.spec.get("resourceClaims")) or any(
        GPU in str(container.data.get("resources")) or "{{" in str(container.data)
        for container in workload.containers
    )


def _tolerates(given: Any) -> bool:
    for one in given if isinstance(given, list) else ():
        if not isinstance(one, dict):
            return True
        if one.get("key") == GPU or (not one.get("key") and one.get("operator") == "Exists"):
            return one.get("effect") in (None, "", "NoSchedule")
    return False
