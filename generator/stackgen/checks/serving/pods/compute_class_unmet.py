"""A ComputeClass for which GKE creates no node pool, and none is there."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.shape import as_dict, maps
from stackgen.facts.workloads import COMPUTE_CLASS
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each class whose priorities name no node pool."""
    seen = view(context)
    if any(cluster.get("spec", "enableAutopilot") is True for cluster in seen.clusters):
        return
    if any("autopilot" in f"{one.file}/{one.name}".lower() for one in context.bundle.objects):
        return  # a cluster in Autopilot always creates node pools
    labelled = {
        str(as_dict(pool.get("nodeConfig", "labels")).get(COMPUTE_CLASS)) for pool in seen.pools
    }
    for name, resource in seen.classes.items():
        rules = [one for _, one in maps(resource.get("spec", "priorities"))]
        created = resource.get("spec", "nodePoolAutoCreation", "enabled") is True
        if created or name in labelled or not rules or any(r.get("nodepools") for r in rules):
            continue
        yield violation(
            f"ComputeClass {name} names no node pool, and nodePoolAutoCreation is not enabled",
            Place(resource, ("spec", "priorities")),
        )
