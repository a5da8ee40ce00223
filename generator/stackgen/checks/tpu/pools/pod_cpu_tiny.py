"""A TPU host's CPU, not used."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.quantity import number
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each server with a CPU limit below what one takes."""
    seen = view(context)
    for workload in seen.tpu_servers:
        server, shape = workload.server, seen.target(workload).shape
        machine = seen.catalog.machine(shape.machine) if shape else None
        if server is None or machine is None:
            continue
        path = (*server.path, "resources", "limits", "cpu")
        limit = number(workload.resource.get(*path))
        wanted = number(seen.catalog.sizing("model-server").data["cpu"])
        if limit is not None and wanted is not None and limit < wanted:
            yield violation(
                f"{workload.display_name} can use {limit:g} of the {machine.data['vcpu']} vCPU of "
                f"{machine.key}; a server needs about {wanted:g}",
                Place(workload.resource, path),
            )
