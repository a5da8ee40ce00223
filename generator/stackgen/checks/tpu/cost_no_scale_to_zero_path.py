"""A pool that could be empty and never is."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="cost-no-scale-to-zero-path",
    family="tpu",
    severity=Severity.INFO,
    summary=(
        "An autoscaler keeps at least one TPU pod, so the node pool never shrinks to its "
        "minimum of 0."
    ),
    impact="One node is billed around the clock, though the pool is meant to scale to zero.",
    remedy="Scale with KEDA or Knative, which reach 0 replicas; or accept one node.",
    source="Inferred: a HorizontalPodAutoscaler does not go below minReplicas, 1 unless set",
    confidence="medium",
    bad="""\
kind: HorizontalPodAutoscaler
spec: {minReplicas: 1}   # and minNodeCount 0
""",
    good="""\
kind: ScaledObject
spec: {minReplicaCount: 0}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each autoscaler of a workload whose pools may all be empty."""
    seen = view(context)
    scalers = list(context.bundle.of_kind("HorizontalPodAutoscaler", "autoscaling"))
    for workload in seen.tpu if scalers else ():
        pools = seen.pools_for(workload)
        minima = [p.limit("min") for p in pools]
        if not pools or any(m is None or m[0] > 0 for m in minima):
            continue
        for scaler in scalers:
            same = scaler.namespace == workload.resource.namespace
            target = scaler.get("spec", "scaleTargetRef")
            if not same or not isinstance(target, dict):
                continue
            if (target.get("kind"), target.get("name")) != (
                workload.resource.kind,
                workload.resource.name,
            ):
                continue
            least = scaler.get("spec", "minReplicas")
            if least is None or least >= 1:
                yield RULE.finding(
                    f"{workload.called} keeps {1 if least is None else least} of its pods, so "
                    f"node pool {pools[0].name} never gets to its minimum of 0",
                    Place(scaler, ("spec", "minReplicas"), key=least is None),
                )
