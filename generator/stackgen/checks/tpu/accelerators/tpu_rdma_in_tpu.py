"""Settings for GPU networks on TPUs."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


PREFIXES = ("NCCL_", "NVSHMEM_", "UCX_", "CUDA_", "NVIDIA_")


def check(context: Context) -> Iterator[Finding]:
    """One finding for each resource, and for the first such variable of a container."""
    for workload in view(context).tpu:
        for container in workload.tpu_containers:
            resources = workload.resource.get(*container.path, "resources", "limits")
            for name in resources if isinstance(resources, dict) else ():
                if "rdma" in str(name).lower():
                    yield RULE.finding(
                        f"no TPU machine type has {name}",
                        container.place("resources", "limits", name, key=True),
                    )
            found = [name for name in container.env if name.startswith(PREFIXES)]
            if found:
                yield RULE.finding(
                    f"{', '.join(found)}: no component on a TPU reads "
                    + ("it" if len(found) == 1 else "them"),
                    Place(workload.resource, (*container.env[found[0]], "name")),
                )
