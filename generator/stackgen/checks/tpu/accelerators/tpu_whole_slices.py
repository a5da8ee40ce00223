"""Nodes of a pool that are no whole number of slices."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.plan.members import slices_in

RULE = rule_named(__name__)


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
                f"whole slices have {allowed}",
                place_of(context, bound),
                place_of(context, pool.spec.topology, note=f"{hosts} hosts"),
            )
