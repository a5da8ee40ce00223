"""Workers of a slice with one fixed identity."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tpu-worker-env-hardcoded",
    family="tpu",
    severity=Severity.ERROR,
    summary="Pods of a multi-host slice set TPU_WORKER_ID or TPU_WORKER_HOSTNAMES themselves.",
    impact=(
        "LeaderWorkerSet then injects none of its TPU variables: every pod believes it is "
        "worker 0 on localhost, and the slice never forms."
    ),
    remedy="Remove both variables; LeaderWorkerSet, JobSet and GKE set them for each pod.",
    source="kubernetes-sigs/lws@060ab4d pkg/utils/accelerators/tpu.go",
    bad="""\
env:
  - {name: TPU_WORKER_HOSTNAMES, value: localhost}
  - {name: TPU_WORKER_ID, value: "0"}
""",
    good="env: []   # LeaderWorkerSet sets TPU_WORKER_ID and TPU_WORKER_HOSTNAMES",
)


NAMES = ("TPU_WORKER_HOSTNAMES", "TPU_WORKER_ID")


def check(context: Context) -> Iterator[Finding]:
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
                yield RULE.finding(
                    f"{name} is {value!r} in every pod of a slice of {hosts} hosts",
                    Place(container.resource, (*container.env[name], "value")),
                )
