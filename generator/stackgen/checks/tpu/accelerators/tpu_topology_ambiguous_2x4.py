"""A topology that two machine types build with the same labels."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import COMPUTE_CLASS, COUNT, INSTANCE_TYPE, NODE_POOL, TOPOLOGY
from stackgen.findings.model import Place, Severity, Violations, violation

TELLING = (COUNT, INSTANCE_TYPE, NODE_POOL, COMPUTE_CLASS)


def check(context: Context) -> Violations:
    """One finding for each Pod template that a larger host might get."""
    seen = view(context)
    for workload in seen.tpu:
        if not workload.whole or any(key in workload.labels for key in TELLING):
            continue
        target = seen.target(workload)
        larger = [s for s in target.shapes if target.shape and s.per_host > target.shape.per_host]
        pools = [p.machine_type for p in seen.pools_for(workload)] if larger else []
        if not larger or (pools and larger[0].machine not in pools):
            continue
        yield violation(
            f"{target.topology} may be {larger[0].hosts} x {larger[0].machine} as well, whose "
            f"{larger[0].per_host} chips a Pod must request together; the Pod requests "
            f"{workload.chips}",
            Place(workload.resource, workload.labels[TOPOLOGY].path),
            # Whether there are such hosts is known from the pools only.
            severity=None if pools else Severity.INFO,
        )
