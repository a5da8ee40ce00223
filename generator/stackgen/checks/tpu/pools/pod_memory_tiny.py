"""Less host memory than the model server needs."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.quantity import GIB, gib, number
from stackgen.findings.model import Place, Severity, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each server of a known model with too little memory for it."""
    seen = view(context)
    for workload in seen.tpu_servers:
        server, model, target = workload.server, seen.model(workload), seen.target(workload)
        if server is None:
            continue
        path = (*server.path, "resources", "limits", "memory")
        limit = number(workload.resource.get(*path))
        if limit is None:
            continue
        hosts = target.hosts or workload.size.value or 1
        # A host reads the files, which may be smaller than what the devices hold.
        weights = model.row.data["load_bytes"] / hosts if model is not None else 0
        base = seen.catalog.sizing("model-server").data["memory_base_gib"] * GIB
        if limit >= base + weights:
            continue
        sure = limit < weights
        shape = target.shape
        machine = seen.catalog.machine(shape.machine) if shape else None
        host = f"; the host has {machine.data['memory_gib']} GiB" if machine is not None else ""
        load = f" in addition to weights of {gib(weights)}" if weights else ""
        yield violation(
            f"{workload.display_name} can use {gib(limit)} of memory; a server needs about "
            f"{gib(base)}{load}{host}",
            Place(workload.resource, path),
            severity=None if sure else Severity.INFO,
        )
