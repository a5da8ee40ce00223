"""Pools without accelerators that do not hold the platform."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import estimate_of, place_of
from stackgen.findings.model import Finding, Severity
from stackgen.findings.rules import rule_named
from stackgen.plan.capacity import CpuTotal

RULE = rule_named(__name__)


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
            f"the platform requests {asked:g}{unit} of {what}; its node pools have "
            f"{most:g}{unit} with "
            f"{pool.nodes_max.value} nodes",
            place_of(context, pool.pool.spec.nodes.max),
            place_of(context, pool.pool.spec.name, note=pool.pool.machine_type.value),
            severity=None if sure else Severity.WARNING,
            confidence=None if sure else "medium",
        )


def _verified(total: CpuTotal, what: str) -> float:
    return sum((p.cpu if what == "CPU" else p.memory) for p in total.parts if p.sure)
