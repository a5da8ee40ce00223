"""How many Pods a rolling update starts before it ends the first old one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from stackgen.digits import to_int
from stackgen.manifest.resource import Resource


def surge_of(deployment: Resource, replicas: int) -> int | None:
    """The Pods that an update adds and has to wait for.

    None when it may end old Pods first, or when the strategy is not known.
    """
    base = ("spec", "strategy")
    if deployment.get(*base, "type") == "Recreate":
        return None
    rolling = (*base, "rollingUpdate")
    surge = _share(deployment.get(*rolling, "maxSurge"), replicas, math.ceil)
    spare = _share(deployment.get(*rolling, "maxUnavailable"), replicas, math.floor)
    return surge if surge and spare == 0 else None


def _share(value: Any, replicas: int, rounded: Callable[[float], int]) -> int | None:
    """A number, or a percentage of the replicas."""
    given = "25%" if value is None else value
    if isinstance(given, int):
        return given
    percent = given.removesuffix("%") if isinstance(given, str) else ""
    return rounded(to_int(percent) * replicas / 100) if percent.isdecimal() else None
