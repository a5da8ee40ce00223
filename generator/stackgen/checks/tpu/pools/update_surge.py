"""How many Pods a rolling update starts before it ends the first old one."""

from __future__ import annotations

import math

from stackgen.facts.quantity import share_of
from stackgen.manifest.resource import Resource


def surge_of(deployment: Resource, replicas: int) -> int | None:
    """The Pods that an update adds and has to wait for.

    None when it may end old Pods first, or when the strategy is not known.
    """
    base = ("spec", "strategy")
    if deployment.get(*base, "type") == "Recreate":
        return None
    rolling = (*base, "rollingUpdate")
    surge = share_of(deployment.get(*rolling, "maxSurge"), replicas, math.ceil)
    spare = share_of(deployment.get(*rolling, "maxUnavailable"), replicas, math.floor)
    return surge if surge and spare == 0 else None
