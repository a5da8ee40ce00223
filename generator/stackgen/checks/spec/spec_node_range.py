"""A node pool whose smallest size is above its largest."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """One finding for each pool with an empty range."""
    for path, pool in context.items("cluster", "nodePools"):
        nodes = pool.get("nodes")
        if not isinstance(nodes, dict):
            continue
        low, high = nodes.get("min"), nodes.get("max")
        if isinstance(low, int) and isinstance(high, int) and low > high:
            yield violation(
                f"{pool.get('name', 'a node pool')} has nodes.min {low}, which is larger than "
                f"nodes.max {high}",
                context.place(*path, "nodes", "min"),
                context.place(*path, "nodes", "max", note="the most"),
            )
