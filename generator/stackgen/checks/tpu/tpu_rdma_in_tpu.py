"""Settings for GPU networks on TPUs."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tpu-rdma-in-tpu",
    family="tpu",
    severity=Severity.WARNING,
    summary="A TPU workload asks for RDMA devices or sets NCCL variables.",
    impact=(
        "RDMA resources keep the pod Pending; NCCL variables are read by nobody. TPU chips talk "
        "over their own links."
    ),
    remedy="Remove them.",
    source="Inferred: libtpu uses the chips' interconnect; no TPU machine has RDMA devices",
    confidence="medium",
    bad="""\
limits: {google.com/tpu: 4, rdma/ib: 1}
env: [{name: NCCL_DEBUG, value: INFO}]
""",
    good="limits: {google.com/tpu: 4}",
)


PREFIXES = ("NCCL_", "NVSHMEM_", "UCX_", "CUDA_", "NVIDIA_")


def check(context: Context) -> Iterator[Finding]:
    """One finding for each resource, and for the first such variable of a container."""
    for workload in view(context).tpu:
        for container in workload.tpu_containers:
            resources = workload.resource.get(*container.path, "resources", "limits")
            for name in resources if isinstance(resources, dict) else ():
                if "rdma" in str(name).lower():
                    yield RULE.finding(
                        f"no TPU machine has {name}",
                        container.place("resources", "limits", name, key=True),
                    )
            found = [name for name in container.env if name.startswith(PREFIXES)]
            if found:
                yield RULE.finding(
                    f"{', '.join(found)}: nothing on a TPU reads "
                    + ("it" if len(found) == 1 else "them"),
                    Place(workload.resource, (*container.env[found[0]], "name")),
                )
