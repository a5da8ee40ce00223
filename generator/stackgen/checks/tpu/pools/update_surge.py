"""How many Pods a rolling update starts before it ends the first old one."""

from __future__ import annotations

import math

from stackgen.facts.quantity import share_of
from stackgen.facts.workloads import Workload
from stackgen.manifest.document import Path

# Where a kind has the strategy, and its defaults of maxSurge and maxUnavailable.
_ROLLING: dict[str, tuple[Path, int | str, int | str]] = {
    "Deployment": (("spec", "strategy", "rollingUpdate"), "25%", "25%"),
    "LeaderWorkerSet": (("spec", "rolloutStrategy", "rollingUpdateConfiguration"), 0, 1),
}


def surge_of(workload: Workload, replicas: int) -> int | None:
    """The Pods, or groups, that an update adds and has to wait for.

    None when it may end old Pods first, or when the strategy is not known.
    """
    resource, kind = workload.resource, workload.resource.kind
    if workload.service is not None and not workload.grouped:
        # The controller makes a Deployment for each number of replicas.
        base = workload.replicas.path[:-1]
        _, more, fewer = _ROLLING["Deployment"]
        rolling: Path = (*base, "rolloutStrategy")
        if resource.get(*base, "deploymentStrategy", "type") == "Recreate":
            return None
        if resource.get(*base, "deploymentStrategy") is not None:
            rolling = (*base, "deploymentStrategy", "rollingUpdate")
    elif resource.get("spec", "strategy", "type") == "Recreate" or kind not in _ROLLING:
        return None
    else:
        rolling, more, fewer = _ROLLING[kind]
    surge = share_of(resource.get(*rolling, "maxSurge"), replicas, math.ceil, more)
    spare = share_of(resource.get(*rolling, "maxUnavailable"), replicas, math.floor, fewer)
    return surge if surge and spare == 0 else None
