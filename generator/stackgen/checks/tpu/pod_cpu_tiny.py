"""A TPU host's CPU, not used."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.quantity import number
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="pod-cpu-tiny",
    family="tpu",
    severity=Severity.INFO,
    summary="The container's CPU limit is small for a model server on TPU.",
    impact=(
        "Compilation, tokenising and loading wait for the CPU while the host's other cores are "
        "idle; no other pod can use them."
    ),
    remedy="Drop the CPU limit or raise it: ct6e-standard-4t has 180 vCPU.",
    source=(
        "GKE autoscaler 7d25050 machine types; sizing.yaml#model-server is what stackgen's "
        "planner reckons with"
    ),
    confidence="medium",
    bad="limits: {cpu: 4, google.com/tpu: 4}   # of 180 vCPU",
    good="""\
requests: {cpu: 8}
limits: {google.com/tpu: 4}
""",
)


def check(context: Context) -> Iterator[Finding]:
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
            yield RULE.finding(
                f"{workload.called} may use {limit:g} of the {machine.data['vcpu']} vCPU of "
                f"{machine.key}; a server takes about {wanted:g}",
                Place(workload.resource, path),
            )
