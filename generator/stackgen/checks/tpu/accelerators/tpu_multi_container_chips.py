"""Two containers for one set of chips."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import TPU
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each Pod template of a generation that cannot divide a host's chips."""
    seen = view(context)
    for workload in seen.tpu:
        generation = seen.target(workload).generation
        if generation is None or generation.data["split_over_containers"]:
            continue
        if len(workload.tpu_containers) < 2:
            continue
        first, *others = workload.tpu_containers
        names = " and ".join(c.name for c in workload.tpu_containers)
        yield violation(
            f"the containers {names} all request chips of one {generation.key} host",
            *(Place(workload.resource, c.amount_path(TPU) or (), key=True) for c in others),
            Place(workload.resource, first.amount_path(TPU) or (), key=True, note="the first"),
        )
