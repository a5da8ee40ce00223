"""A boot disk that does not hold the model's download."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.facts.quantity import GIB, number
from stackgen.findings.model import Severity, Violations, violation
from stackgen.plan.nodes import GB, allocatable_disk, disk_for
from stackgen.plan.pod_template import storage_request


def check(context: Context) -> Violations:
    """One finding for each model; a warning where the size of the disk is GKE's own choice."""
    if context.plan is None or context.loaded is None:
        return
    disk = context.catalog.copy().gke("boot-disk").data
    for model in context.plan.servers:
        if model.spec.model.value.startswith("pvc://"):
            continue
        size = model.pool.spec.diskSizeGb
        given = size.value if size.value is not None else disk["default_gb"]
        left = allocatable_disk(given * GB / 2**30, disk)
        planned = model.ephemeral_storage.value
        request = storage_request(model.spec, context.plan.release, planned)
        asked = (number(request) or 0) / GIB
        if asked <= left:
            continue
        usual = "" if size.value is not None else ", the default,"
        yield violation(
            f"{model.spec.name.value} requests {request} of disk; a boot "
            f"disk of {given} GB{usual} leaves {left:.0f}Gi for Pods",
            place_of(context, size if size.value is not None else model.pool.spec.name),
            place_of(context, model.spec.model, note="downloaded"),
            remedy=f"Set `diskSizeGb: {disk_for(asked, disk)}` on the node pool "
            f"{model.pool.spec.name.value}.",
            severity=None if size.value is not None else Severity.WARNING,
            confidence=None if size.value is not None else "medium",
        )
