"""A group of Pods that changes its size while it serves."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context, identity
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict, number
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path


def check(context: Context) -> Violations:
    """Services whose earlier form is known, and their prefill pods."""
    for service in services(context) if context.previous else ():
        before = as_dict(context.previous.get(identity(service.resource)))
        old = as_dict(before.get("spec"))
        for path, now in service.halves():
            then = as_dict(old.get("prefill")) if "prefill" in path else old
            if not then or not isinstance(now.get("worker"), dict):
                continue
            sizes = (_size(then), _size(now))
            if None not in sizes and sizes[0] != sizes[1]:
                where: Path = (*path, "parallelism")
                yield violation(
                    f"the size of a group changes from {sizes[0]} to {sizes[1]} Pods",
                    service.place(*where, key=True),
                )


def _size(workload: dict[str, Any]) -> int | None:
    """Pods of a group; None when the numbers make no sense, of which other rules speak."""
    given = as_dict(workload.get("parallelism"))
    data, local = number(given.get("data")), number(given.get("dataLocal"))
    if data is not None and local is not None:
        return data // local if local > 0 else None
    pipeline = number(given.get("pipeline"))
    return 1 if pipeline is None else pipeline
