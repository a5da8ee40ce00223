"""Workers of a slice with one fixed identity."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation

NAMES = ("TPU_WORKER_HOSTNAMES", "TPU_WORKER_ID")


def check(context: Context) -> Violations:
    """One finding for each variable with the same value in every pod."""
    seen = view(context)
    for workload in seen.tpu:
        hosts = seen.target(workload).hosts or workload.size.value or 1
        if not workload.grouped or hosts == 1:
            continue
        for container in workload.tpu_containers:
            for name in NAMES:
                value = container.variable(name)
                if value is None or (name == NAMES[0] and value.count(",") == hosts - 1):
                    continue
                yield violation(
                    f"{name} is {value!r} in every Pod of a slice of {hosts} hosts",
                    Place(container.resource, (*container.env[name], "value")),
                )
