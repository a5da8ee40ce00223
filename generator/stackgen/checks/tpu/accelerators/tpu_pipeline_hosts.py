"""Pipeline parallelism that the hosts of a TPU slice do not fit."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each server of a slice with several hosts."""
    seen = view(context)
    for workload in seen.tpu_servers:
        hosts, server, size = seen.target(workload).hosts, workload.server, split_of(workload)
        if server is None or hosts is None or hosts == 1 or size.pipeline in (None, 1):
            continue
        # A group may have several slices.
        if size.pipeline is not None and size.pipeline % hosts:
            yield violation(
                f"pipeline parallel size {size.pipeline} is neither 1 nor the {hosts} hosts of "
                "the slice",
                Place(workload.resource, server.line.flags["pipeline-parallel-size"].path),
            )
