"""A node pool whose smallest size is above its largest."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-node-range",
    family="spec",
    severity=Severity.ERROR,
    summary="A node pool's `nodes.min` is above `nodes.max`.",
    impact="Google Cloud refuses the autoscaling settings of the node pool.",
    remedy="Lower min or raise max.",
    source="Config Connector ContainerNodePool autoscaling",
    bad="nodes: {min: 4, max: 2}",
    good="nodes: {min: 2, max: 4}",
)


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
