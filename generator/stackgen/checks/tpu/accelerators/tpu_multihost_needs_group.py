"""A slice of several hosts, served by single pods."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import TOPOLOGY, Workload
from stackgen.findings.model import Place, Violations, violation

# Kinds whose Pods may know each other by stable names, and kinds that do not serve.
WITH_PEERS = ("StatefulSet", "DaemonSet", "Job", "CronJob")
_JOBS = ("Job", "CronJob", "JobSet")
# With one of these a container says for itself which part of the slice it is.
BY_HAND = ("TPU_WORKER_HOSTNAMES", "TPU_WORKER_ID", "TPU_HOST_BOUNDS", "HOST_BOUNDS")


def check(context: Context) -> Violations:
    """One finding for each Pod template without peers on a multi-host slice."""
    seen = view(context)
    for workload in seen.tpu:
        target = seen.target(workload)
        by_hand = any(name in c.env for c in workload.tpu_containers for name in BY_HAND)
        mode = (*workload.template_path[:-1], "completionMode")
        several = (workload.size.value or 0) > 1 and (target.hosts or 0) > 1
        if several and not by_hand and workload.resource.kind in _JOBS:
            given = workload.resource.get(*mode)
            default = "Indexed" if workload.resource.kind == "JobSet" else "NonIndexed"
            if (given or default) == "NonIndexed":
                yield violation(
                    f"{target.topology} is a slice of {target.hosts} hosts, and the Pods of "
                    f"{workload.display_name} have no index: completionMode is NonIndexed",
                    Place(workload.resource, mode, key=not given),
                    remedy="Set `completionMode: Indexed`.",
                )
                continue
        if workload.grouped or not workload.whole or workload.resource.kind in WITH_PEERS:
            continue
        owned = workload.resource.metadata.get("ownerReferences")
        if target.hosts is None or target.hosts == 1 or owned or by_hand or _ray(workload):
            continue
        label = workload.labels.get(TOPOLOGY)
        yield violation(
            f"{target.topology} is a slice of {target.hosts} hosts; a Pod of "
            f"{workload.display_name} uses one of them and has no group",
            Place(workload.resource, label.path if label else workload.path),
        )


def _ray(workload: Workload) -> bool:
    labels = workload.resource.get(*workload.template_path, "metadata", "labels")
    return any(str(key).startswith("ray.io/") for key in labels or ())
