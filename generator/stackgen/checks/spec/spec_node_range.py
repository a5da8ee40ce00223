"""A node pool whose smallest size is above its largest."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each pool with an empty range."""
    for path, pool in context.items("cluster", "nodePools"):
        nodes = pool.get("nodes")
        if not isinstance(nodes, dict):
            continue
        low, high = nodes.get("min"), nodes.get("max")
        if isinstance(low, int) and isinstance(high, int) and low > high:
            yield RULE.finding(
                f"{pool.get('name', 'a node pool')} keeps at least {low} nodes but may have at "
                f"most {high}",
                context.place(*path, "nodes", "min"),
                context.place(*path, "nodes", "max", note="the most"),
            )
