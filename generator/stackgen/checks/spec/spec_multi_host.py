"""A slice over several hosts, which this version cannot serve."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-multi-host",
    family="spec",
    severity=Severity.ERROR,
    summary="The topology spans several hosts.",
    impact="A single pod would wait for its peers; the TPU runtime never forms.",
    remedy="Choose a topology that one host holds. Leader/worker serving is not rendered yet.",
    source="topologies.yaml: hosts = chips / chips per host",
    bad="{accelerator: v6e, topology: 4x4}",
    good="{accelerator: v6e, topology: 2x4}",
)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each pool whose topology has only multi-host shapes."""
    for path, pool in context.items("cluster", "nodePools"):
        accelerator, topology = pool.get("accelerator"), pool.get("topology")
        if not isinstance(accelerator, str) or accelerator not in context.catalog.names(
            "accelerator"
        ):
            continue
        rows = [
            r for r in context.catalog.topologies(accelerator) if r.data["topology"] == topology
        ]
        if pool.get("machineType") is not None:
            rows = [r for r in rows if r.data["machine"] == pool["machineType"]]
        hosts = [r.data["hosts"] for r in rows]
        if hosts and min(hosts) > 1:
            yield RULE.finding(
                f"{accelerator} {topology} is a slice of {min(hosts)} hosts",
                context.place(*path, "topology"),
            )
