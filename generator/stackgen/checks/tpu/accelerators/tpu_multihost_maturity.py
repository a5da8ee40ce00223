"""Tensor parallelism across hosts on v6e."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each v6e server whose tensor parallel size exceeds a host."""
    seen = view(context)
    for workload in seen.tpu_servers:
        target, server = seen.target(workload), workload.server
        size = split_of(workload).tensor
        if target.generation is None or target.shape is None or server is None or size is None:
            continue
        if target.generation.key != "v6e" or target.shape.hosts == 1:
            continue
        if size > target.shape.per_host:
            yield violation(
                f"tensor parallel size {size} spans hosts of {target.shape.per_host} "
                "chips, which is untested on v6e",
                Place(workload.resource, server.line.flags["tensor-parallel-size"].path),
            )
