"""Spot and flex-start together."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import priorities
from stackgen.facts.workloads import FLEX_START, SPOT
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each pool, priority of a ComputeClass, or Pod template with both."""
    seen = view(context)
    for pool in seen.tpu_pools:
        if pool.spot and pool.queued:
            yield violation(
                f"node pool {pool.name} is Spot and queued (flex-start)",
                pool.place("nodeConfig", "spot"),
                pool.place(*pool.queued_by, note="flex-start"),
            )
    for resource in seen.classes.values():
        for path, priority in priorities(resource):
            flex = priority.get("flexStart")
            both = isinstance(flex, dict) and flex.get("enabled") is True
            if both and priority.get("spot") is True:
                yield violation(
                    f"a priority of ComputeClass {resource.name} is Spot and flex-start",
                    Place(resource, (*path, "spot")),
                    Place(resource, (*path, "flexStart"), note="flex-start"),
                )
    for workload in seen.tpu:
        if workload.label(SPOT) == "true" and workload.label(FLEX_START) == "true":
            yield violation(
                f"{workload.display_name} selects Spot nodes and flex-start nodes",
                Place(workload.resource, workload.labels[SPOT].path),
                Place(workload.resource, workload.labels[FLEX_START].path, note="flex-start"),
            )
