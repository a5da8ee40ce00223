"""A `fallback` of a node pool that GKE could not create, or that is never used."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import capacities, is_gpu
from stackgen.escape import visible
from stackgen.facts.shape import as_list
from stackgen.findings.model import Severity, Violation, Violations, violation
from stackgen.manifest.document import Path
from stackgen.spec.node_pools import FLEX_SECONDS, PURCHASES, Fallback

_FLEX = "flex-start"


def check(context: SpecContext) -> Violations:
    """One finding for each field that does not go with another one."""
    seen: dict[Path, list[dict[str, Any]]] = {}
    for path, pool, name in capacities(context):
        if "fallback" in path:
            here = seen[path[:-2]]
            yield from _of_pool(context, path, pool, name, here[0])
            yield from _repeated(context, path, here, pool, name)
            here.append(pool)
            yield from _zones(context, path, pool, name)
        else:
            seen[path] = [pool]
            yield from _of_fields(context, path, pool, name)
        yield from _of_purchase(context, path, pool, name)


def _repeated(
    context: SpecContext, path: Path, here: list[dict[str, Any]], entry: dict[str, Any], name: str
) -> Iterator[Violation]:
    """An entry with the nodes of an earlier one, or of the node pool, which is the first of here.

    The node pool has other spellings of the same: the comparison is of what GKE creates.
    """
    nodes = _nodes(context, here[0], entry)
    same = [i for i, one in enumerate(here) if _nodes(context, here[0], one) == nodes]
    if not same or not _readable(entry):
        return
    if same[-1]:
        yield _finding(
            context, path, "", f"{name} is the same as fallback {same[-1]}",
            "GKE would look for the same nodes a second time.", "Remove one of the two.",
        )  # fmt: skip
        return
    yield violation(
        f"{name} has the purchase, zone, accelerator and topology of the node pool",
        context.place(*path),
        context.place(*path[:-2], key=True, note="the node pool"),
        severity=Severity.WARNING,
        impact="When the node pool has no capacity, the entry has none either. GKE creates more "
        "nodes of this kind only where `nodes.max` is reached.",
        remedy="Set `purchase: spot` or different `zones` on the entry, or raise `nodes.max` and "
        "remove the entry.",
    )


def _readable(entry: dict[str, Any]) -> bool:
    """Whether the entry says what it means: a misspelled key or value has a finding of its own."""
    zones = entry.get("zones")
    return (
        entry.keys() <= {field.name for field in dataclasses.fields(Fallback)}
        and entry.get("purchase") in (None, *PURCHASES)
        and (zones is None or isinstance(zones, list))
    )


def _nodes(context: SpecContext, pool: dict[str, Any], one: dict[str, Any]) -> tuple[Any, ...]:
    """What GKE creates for an entry: with a commitment, the nodes are those on demand."""
    cluster = context.spec.get("cluster")
    location = cluster.get("location") if isinstance(cluster, dict) else None
    zones = as_list(one.get("zones")) or [one.get("zone") or pool.get("zone") or location]
    purchase = one.get("purchase")
    taken = purchase if purchase in ("spot", _FLEX) else None
    longest = one.get("maxRunDurationSeconds") or FLEX_SECONDS
    return (
        one.get("accelerator"), one.get("topology"), one.get("reservation"), taken,
        taken == _FLEX and longest, sorted(map(str, zones)),
    )  # fmt: skip


def _of_fields(
    context: SpecContext, path: Path, pool: dict[str, Any], name: str
) -> Iterator[Violation]:
    if pool.get("fallback") and pool.get("accelerator") is None:
        yield _finding(
            context, path, "fallback", f"{name} has a fallback and no accelerator",
            "Only the Pods of models select a ComputeClass. No Pod would use the fallback.",
            "Remove `fallback`, or raise `nodes.max`.",
        )  # fmt: skip
    until = pool.get("reservedUntil")
    if isinstance(until, str) and not _is_day(until):
        yield _finding(
            context, path, "reservedUntil", f"{name} has reservedUntil {until}, which is no date",
            "The calendar has no such day.", "Set a date such as `\"2027-03-31\"`.",
        )  # fmt: skip
    for field, needed in (("activeMigration", "fallback"), ("reservedUntil", "reservation")):
        if pool.get(field) and not pool.get(needed):
            yield _finding(
                context, path, field, f"{name} sets {field} and no {needed}",
                f"The field is about the {needed} of the node pool.",
                f"Add `{needed}`, or remove `{field}`.",
            )  # fmt: skip


def _zones(
    context: SpecContext, path: Path, entry: dict[str, Any], name: str
) -> Iterator[Violation]:
    zones = entry.get("zones")
    seen: set[str] = set()
    for i, zone in enumerate(map(str, zones if isinstance(zones, list) else ())):
        if zone in seen:
            yield violation(
                f"{name} lists zone {visible(zone)} twice", context.place(*path, "zones", i),
                impact="Not rendered. GKE would look for the same nodes a second time.",
                remedy="Remove one of the two.",
            )  # fmt: skip
        seen.add(zone)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _of_pool(
    context: SpecContext, path: Path, entry: dict[str, Any], name: str, pool: dict[str, Any]
) -> Iterator[Violation]:
    """Accelerators of two kinds run different images."""
    kinds = [one.get("accelerator") for one in (pool, entry)]
    if None not in kinds and is_gpu(context, kinds[0]) != is_gpu(context, kinds[1]):
        yield _finding(
            context, path, "accelerator", f"{name} has {kinds[1]}, the node pool {kinds[0]}",
            "Pods for TPUs and Pods for GPUs have different images, flags and resources.",
            "Add a model on a node pool of its own. Both models can share a route.",
        )  # fmt: skip
    elif is_gpu(context, kinds[1]) and "topology" in entry:
        yield _finding(
            context, path, "topology", f"{name} has a topology, and {kinds[1]} is a GPU",
            "Only TPUs have a topology.", "Remove `topology`.",
        )  # fmt: skip


def _of_purchase(
    context: SpecContext, path: Path, pool: dict[str, Any], name: str
) -> Iterator[Violation]:
    if pool.get("maxRunDurationSeconds") is not None and pool.get("purchase") != _FLEX:
        yield _finding(
            context, path, "maxRunDurationSeconds",
            f"{name} sets maxRunDurationSeconds, and its purchase is not flex-start",
            "Google Cloud takes other nodes back by no time limit.",
            "Set `purchase: flex-start`, or remove `maxRunDurationSeconds`.",
        )  # fmt: skip
    if pool.get("purchase") != _FLEX:
        return
    accelerator, topology = str(pool.get("accelerator")), str(pool.get("topology"))
    row = context.catalog.accelerator(accelerator)
    if row is not None and row.data.get("flex_start") is False:
        yield _finding(
            context, path, "purchase", f"{name} is flex-start, which {accelerator} does not have",
            "GKE creates no such nodes.", "Set another `purchase`, or another `accelerator`.",
        )  # fmt: skip
    shape = context.catalog.topology(accelerator, topology, pool.get("machineType"))
    if "fallback" in path and shape is not None and shape.data["hosts"] > 1:
        hosts = shape.data["hosts"]
        yield _finding(
            context, path, "purchase",
            f"{name} is flex-start, and a slice {topology} of {accelerator} has {hosts} hosts",
            "GKE documents flex-start for slices of one host. Others come by queued provisioning, "
            "which needs a ProvisioningRequest for each slice.",
            "Set another `purchase`, or a topology of one host.",
        )  # fmt: skip


def _finding(
    context: SpecContext, path: Path, field: str, message: str, reason: str, remedy: str
) -> Violation:
    place = context.place(*path, field, key=True) if field else context.place(*path)
    return violation(message, place, impact=f"Not rendered. {reason}", remedy=remedy)
