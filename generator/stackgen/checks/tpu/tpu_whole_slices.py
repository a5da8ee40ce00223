"""Nodes of a pool that are no whole number of slices."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.plan.members import slices_in

RULE = Rule(
    id="tpu-whole-slices",
    family="tpu",
    severity=Severity.ERROR,
    summary="A pool of slices over several hosts has nodes that make no whole slice.",
    impact=(
        "GKE makes all hosts of a slice or none: the nodes beyond the last whole slice can never "
        "be there."
    ),
    remedy="Set `nodes.min` and `nodes.max` to multiples of the hosts of a slice.",
    source=(
        "GKE autoscaler 7d25050 gke_cloud_provider_impl.go: multi-host pools scale to 0 or whole"
    ),
    bad="{accelerator: v6e, topology: 4x4, nodes: {min: 0, max: 6}}   # 4 hosts a slice",
    good="{accelerator: v6e, topology: 4x4, nodes: {min: 0, max: 8}}   # two slices",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each bound."""
    if context.plan is None or context.loaded is None:
        return
    for pool in context.plan.pools:
        hosts = pool.slice.hosts.value if pool.slice is not None else 1
        for bound in (pool.spec.nodes.min, pool.spec.nodes.max):
            if bound.value % hosts == 0:
                continue
            more = slices_in(bound.value, hosts) * hosts
            less = more - hosts
            allowed = f"{less} or {more}" if less or bound is pool.spec.nodes.min else str(more)
            assert pool.slice is not None
            yield RULE.finding(
                f"{pool.spec.name.value}: {counted(bound.value, 'node')}, but a slice of "
                f"{pool.slice.accelerator.value} {pool.slice.topology.value} is {hosts} hosts; "
                f"{allowed} would be whole slices",
                place_of(context, bound),
                place_of(context, pool.spec.topology, note=f"{hosts} hosts"),
            )
