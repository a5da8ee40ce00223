"""Which kinds of a step say in their status when they are healthy, and how Flux asks.

Flux takes an object for healthy whose status has nothing that it reads, or nothing yet. The row of
such a kind in the catalog names a condition, and every step that holds one asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.layers.folders import presence
from stackgen.manifest.resource import Resource
from stackgen.origin import Because, Traced, When, computed
from stackgen.plan.model import Plan
from stackgen.render.objects import Omitted

RULE, WHY = "delivery/health-of-kind", "without it the kind counts as healthy immediately"


def guards(
    plan: Plan, resources: Sequence[Resource], left_out: Sequence[Omitted], folder: str
) -> list[When]:
    """The health check expressions of a folder, sorted by kind."""
    return list(_guards(plan, resources, left_out, folder))


def _guards(
    plan: Plan, resources: Sequence[Resource], left_out: Sequence[Omitted], folder: str
) -> Iterator[When]:
    inside = [r for r in resources if r.file.rpartition("/")[0] == folder]
    outside = [one for one in left_out if one.file.rpartition("/")[0] == folder]
    kinds = {(r.kind, r.group) for r in inside} | {(one.kind, one.group) for one in outside}
    for kind, group in sorted(kinds):
        row = plan.catalog.readiness(group, kind)
        if row is None or "condition" not in row.data or row.data["flux"] == "waits":
            continue
        there = [one for one in inside if (one.kind, one.group) == (kind, group)]
        missing = [one.origin for one in outside if (one.kind, one.group) == (kind, group)]
        api = Traced(there[0].api_version, there[0].origins["apiVersion",]) if there else ""
        expression = Because(_expression(row, api, kind), RULE, WHY)
        yield When(presence(f"{kind} in {folder}", there, missing), expression)


def _expression(row: Row, api: str | Traced[str], kind: str) -> dict[str, Any]:
    """In CEL. Flux itself compares `status.observedGeneration` with the object's generation."""
    condition, of = row.value("condition"), row.get("of")
    if of is None:
        return {
            "apiVersion": api,
            "kind": kind,
            "inProgress": "!has(status.conditions)",
            "current": condition.map("is true", WHY, lambda c: _true("status", c)),
        }
    return {
        "apiVersion": api,
        "kind": kind,
        "inProgress": of.map("is there", WHY, lambda of: f"!has(status.{of})"),
        "current": computed(
            "is true everywhere", WHY,
            lambda of, c: f"size(status.{of}) > 0 && status.{of}.all(o, {_true('o', c)})",
            of, condition,
        ),
    }  # fmt: skip


def _true(where: str, condition: str) -> str:
    """That a condition is true, and about the object as it is now."""
    fresh = "(!has(e.observedGeneration) || e.observedGeneration == metadata.generation)"
    return f"{where}.conditions.exists(e, e.type == '{condition}' && e.status == 'True' && {fresh})"
