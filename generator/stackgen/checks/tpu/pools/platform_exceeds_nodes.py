"""Pools without accelerators that do not hold the platform."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import estimate_of, place_of
from stackgen.findings.model import Severity, Violations, violation
from stackgen.plan.capacity import CpuTotal


def check(context: Context) -> Violations:
    """One finding for CPU and one for memory; a warning if only estimates make the difference."""
    estimate = estimate_of(context)
    if estimate is None or estimate.cpu is None or context.loaded is None:
        return
    total = estimate.cpu
    pool = next(p for p in estimate.pools if p.pool.shape is None)
    count = pool.nodes_max.value
    for what, unit, asked, most in (
        ("CPU", "", total.cpu.value, total.cpu_max.value),
        ("memory", " GiB", total.memory.value, total.memory_max.value),
    ):
        if asked <= most:
            continue
        read = _verified(total, what)
        estimates = ", ".join(part.name for part in total.parts if not part.sure)
        guess = f", of which {asked - read:.3g}{unit} is an estimate ({estimates})"
        yield violation(
            f"the platform requests {asked:g}{unit} of {what}{guess if estimates else ''}; its "
            f"node pools have {most:g}{unit} with {count} node{'' if count == 1 else 's'}",
            place_of(context, pool.pool.spec.nodes.max),
            place_of(context, pool.pool.spec.name, note=pool.pool.machine_type.value),
            severity=None if read > most else Severity.WARNING,
            confidence=None if read > most else "medium",
        )


def _verified(total: CpuTotal, what: str) -> float:
    return sum((p.cpu if what == "CPU" else p.memory) for p in total.parts if p.sure)
