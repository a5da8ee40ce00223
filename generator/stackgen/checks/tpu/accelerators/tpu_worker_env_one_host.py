"""The variables of a worker that do not describe the only worker of a slice."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation

ITSELF = ("localhost", "127.0.0.1", "::1")


def check(context: Context) -> Violations:
    """One finding for each variable that names a different host, or a different worker."""
    seen = view(context)
    for workload in seen.tpu:
        # Groups number their workers; `tpu-worker-env-hardcoded` is the rule for them.
        if seen.target(workload).hosts != 1 or (workload.size.value or 1) > 1:
            continue
        for container in workload.tpu_containers:
            worker = container.variable("TPU_WORKER_ID")
            if worker is not None and worker.strip() != "0":
                yield violation(
                    f"TPU_WORKER_ID is {worker!r}; the slice has one host, which is worker 0",
                    Place(container.resource, (*container.env["TPU_WORKER_ID"], "value")),
                )
            hosts = container.variable("TPU_WORKER_HOSTNAMES")
            if hosts is not None and hosts.strip() not in ITSELF:
                yield violation(
                    f"TPU_WORKER_HOSTNAMES is {hosts!r}; the slice has one host, "
                    "which is localhost",
                    Place(container.resource, (*container.env["TPU_WORKER_HOSTNAMES"], "value")),
                )
