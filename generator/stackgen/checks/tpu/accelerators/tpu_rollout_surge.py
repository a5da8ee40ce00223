"""An update that waits for a node that never comes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.node_capacity import nodes_for
from stackgen.checks.tpu.view import view
from stackgen.digits import to_int
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each Deployment whose update cannot make progress."""
    seen = view(context)
    for workload in seen.tpu:
        resource, replicas = workload.resource, workload.replicas.value
        if resource.kind != "Deployment" or not replicas:
            continue  # of services avail-rollout-capacity speaks
        room = nodes_for(seen, workload)
        if room is None or replicas > room.nodes:
            continue
        base = ("spec", "strategy")
        if resource.get(*base, "type") == "Recreate":
            continue
        surge = _share(resource.get(*base, "rollingUpdate", "maxSurge"), replicas, math.ceil)
        spare = _share(resource.get(*base, "rollingUpdate", "maxUnavailable"), replicas, math.floor)
        if surge is None or spare is None or surge == 0 or spare > 0:
            continue
        if replicas + surge > room.nodes:
            yield RULE.finding(
                f"a rollout of {workload.display_name} needs {replicas + surge} nodes while the "
                f"old pods run; the node pool has at most {room.nodes}",
                Place(resource, workload.replicas.path),
                *room.places,
            )


def _share(value: Any, replicas: int, rounded: Callable[[float], int]) -> int | None:
    """A number, or a percentage of the replicas."""
    given = "25%" if value is None else value
    if isinstance(given, int):
        return given
    percent = given.removesuffix("%") if isinstance(given, str) else ""
    return rounded(to_int(percent) * replicas / 100) if percent.isdecimal() else None
