"""How many Pods a rolling update starts before it ends the first old one."""

from __future__ import annotations

import math

from stackgen.facts.quantity import share_of
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

# Where a kind has the strategy, and its defaults of maxSurge and maxUnavailable.
_ROLLING: dict[str, tuple[Path, int | str, int | str]] = {
    "Deployment": (("spec", "strategy", "rollingUpdate"), "25%", "25%"),
    "LeaderWorkerSet": (("spec", "rolloutStrategy", "rollingUpdateConfiguration"), 0, 1),
}


def surge_of(resource: Resource, replicas: int) -> int | None:
    """The Pods, or groups, that an update adds and has to wait for.

    None when it may end old Pods first, or when the strategy is not known.
    """
    if resource.get("spec", "strategy", "type") == "Recreate" or resource.kind not in _ROLLING:
        return None
    rolling, more, fewer = _ROLLING[resource.kind]
    surge = share_of(resource.get(*rolling, "maxSurge"), replicas, math.ceil, more)
    spare = share_of(resource.get(*rolling, "maxUnavailable"), replicas, math.floor, fewer)
    return surge if surge and spare == 0 else None
