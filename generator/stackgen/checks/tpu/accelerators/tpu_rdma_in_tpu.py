"""Settings for GPU networks on TPUs."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation

PREFIXES = ("NCCL_", "NVSHMEM_", "UCX_", "CUDA_", "NVIDIA_")


def check(context: Context) -> Violations:
    """One finding for each resource, and for the first such variable of a container."""
    for workload in view(context).tpu:
        for container in workload.tpu_containers:
            resources = workload.resource.get(*container.path, "resources", "limits")
            for name in resources if isinstance(resources, dict) else ():
                if "rdma" in str(name).lower():
                    yield violation(
                        f"no TPU machine type has {name}",
                        container.place("resources", "limits", name, key=True),
                    )
            found = [name for name in container.env if name.startswith(PREFIXES)]
            if found:
                yield violation(
                    f"{', '.join(found)}: no component on a TPU reads "
                    + ("it" if len(found) == 1 else "them"),
                    Place(workload.resource, (*container.env[found[0]], "name")),
                )
