"""Nodes of a pool that are no whole number of slices."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Violations, violation
from stackgen.plan.members import slices_in
from stackgen.plan.slices import is_dynamic
from stackgen.wording import counted


def check(context: Context) -> Violations:
    """One finding for each bound."""
    if context.plan is None or context.loaded is None:
        return
    for pool in context.plan.pools:
        if is_dynamic(pool.spec).value:
            continue  # its nodes are partitions, which slices share
        hosts = pool.slice.hosts.value if pool.slice is not None else 1
        for bound in (pool.spec.nodes.min, pool.spec.nodes.max):
            if bound.value % hosts == 0:
                continue
            more = slices_in(bound.value, hosts) * hosts
            less = more - hosts
            allowed = f"{less} or {more}" if less or bound is pool.spec.nodes.min else str(more)
            assert pool.slice is not None
            yield violation(
                f"{pool.spec.name.value}: {counted(bound.value, 'node')}, but a slice of "
                f"{pool.slice.accelerator.value} {pool.slice.topology.value} is {hosts} hosts; "
                f"whole slices have {allowed}",
                place_of(context, bound),
                place_of(context, pool.spec.topology, note=f"{hosts} hosts"),
            )
