"""A pool that could be empty and never is."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import Pool
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """One finding for each autoscaler of a workload whose pools may all be empty."""
    seen = view(context)
    scalers: dict[tuple[object, ...], list[Resource]] = {}
    for scaler in context.bundle.of_kind("HorizontalPodAutoscaler", "autoscaling"):
        target = as_dict(scaler.get("spec", "scaleTargetRef"))
        name = (scaler.namespace, text(target.get("kind")), text(target.get("name")) or None)
        scalers.setdefault(name, []).append(scaler)
    for workload in seen.tpu if scalers else ():
        pools = seen.pools_for(workload)
        if not pools.all_are(_may_be_empty):
            continue
        by = workload.resource
        for scaler in scalers.get((by.namespace, by.kind, by.name), ()):
            least = scaler.get("spec", "minReplicas")
            if least is None or least >= 1:
                yield violation(
                    f"{workload.display_name} keeps {1 if least is None else least} of its Pods, "
                    f"so node pool {pools[0].name} never scales down to its minimum of 0",
                    Place(scaler, ("spec", "minReplicas"), key=least is None),
                )


def _may_be_empty(pool: Pool) -> bool:
    least = pool.limit("min")
    return least is not None and least[0] <= 0
