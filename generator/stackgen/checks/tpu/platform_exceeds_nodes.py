"""Pools without accelerators that do not hold the platform."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import estimate_of, place_of
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.plan.capacity import CpuTotal

RULE = Rule(
    id="platform-exceeds-nodes",
    family="tpu",
    severity=Severity.ERROR,
    summary="What runs beside the model servers asks for more than its node pools ever hold.",
    impact="istiod, operators, KServe or endpoint pickers stay Pending; models get no traffic.",
    remedy="Raise nodes.max, or take larger machines for the pools without accelerators.",
    source="requests of the release row and of GKE's own pods; gke.yaml#node-reservation",
    bad="{name: default-pool, machineType: e2-medium, nodes: {min: 1, max: 1}}",
    good="{name: default-pool, machineType: n1-standard-4, nodes: {min: 2, max: 4}}",
    why="Nodes with accelerators are tainted, so everything else needs the other pools.",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for CPU and one for memory; a warning while requests are not all verified."""
    estimate = estimate_of(context)
    if estimate is None or estimate.cpu is None or context.loaded is None:
        return
    total = estimate.cpu
    pool = next(p for p in estimate.pools if p.pool.shape is None)
    for what, unit, asked, most in (
        ("CPU", "", total.cpu.value, total.cpu_max.value),
        ("memory", " GiB", total.memory.value, total.memory_max.value),
    ):
        if asked <= most:
            continue
        sure = _verified(total, what) > most
        yield RULE.finding(
            f"the platform asks for {asked:g}{unit} of {what}; its pools hold {most:g}{unit} at "
            f"{pool.nodes_max.value} nodes",
            place_of(context, pool.pool.spec.nodes.max),
            place_of(context, pool.pool.spec.name, note=pool.pool.machine_type.value),
            severity=None if sure else Severity.WARNING,
            confidence=None if sure else "medium",
        )


def _verified(total: CpuTotal, what: str) -> float:
    return sum((p.cpu if what == "CPU" else p.memory) for p in total.parts if p.sure)
