"""Tensor parallelism across hosts on v6e."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
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
            yield RULE.finding(
                f"tensor parallel size {size} spans hosts of {target.shape.per_host} "
                "chips, which is untested on v6e",
                Place(workload.resource, server.line.flags["tensor-parallel-size"].path),
            )
