"""Flex-start for a generation that has none."""

from __future__ import annotations

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.facts.hardware import tpu_machine
from stackgen.facts.pools import priorities
from stackgen.facts.workloads import ACCELERATOR, FLEX_START
from stackgen.findings.model import Place, Violation, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each priority of a ComputeClass, pool, or Pod template."""
    seen = view(context)
    for resource in seen.classes.values():
        for path, priority in priorities(resource):
            flex = priority.get("flexStart")
            if isinstance(flex, dict) and flex.get("enabled") is True:
                name = _without(seen, priority)
                if name:
                    yield _finding(name, Place(resource, (*path, "flexStart")))
    for pool in seen.pools:
        if pool.queued and (_old(pool.machine_type) or _no_flex(pool.generation)):
            yield _finding(pool.machine_type, pool.place("queuedProvisioning", "enabled"))
    for workload in seen.tpu:
        generation = seen.target(workload).generation
        if generation is None or workload.label(FLEX_START) != "true":
            continue
        if _no_flex(generation) or workload.label(ACCELERATOR) == "tpu-v5-lite-device":
            path = workload.labels[FLEX_START].path
            yield _finding(generation.key, Place(workload.resource, path))


def _without(seen: View, priority: dict[str, object]) -> str:
    machine, tpu = priority.get("machineType"), priority.get("tpu")
    if isinstance(machine, str):
        row = tpu_machine(seen.catalog, machine)
        generation = seen.catalog.accelerator(row.data["accelerator"]) if row else None
        return machine if _old(machine) or _no_flex(generation) else ""
    kind = tpu.get("type") if isinstance(tpu, dict) else None
    row = seen.catalog.accelerator_of_label(kind) if isinstance(kind, str) else None
    return str(kind) if _no_flex(row) or kind == "tpu-v5-lite-device" else ""


def _old(machine: str) -> bool:
    return machine.startswith("ct5l-")


def _no_flex(row: Row | None) -> bool:
    return row is not None and row.data.get("flex_start") is False


def _finding(name: str, place: Place) -> Violation:
    return violation(f"flex-start does not support {name}", place)
