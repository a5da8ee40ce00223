"""More groups than there are slices."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.wanted import wanted
from stackgen.checks.tpu.view import View, view
from stackgen.facts.pools import Pool, Pools
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Violations, violation
from stackgen.wording import counted


def check(context: Context) -> Violations:
    """One finding for all groups that are to share pools, where they are too many."""
    seen = view(context)
    sharing: dict[tuple[str, ...], dict[int, Workload]] = {}
    for workload in seen.tpu:
        pools = slices_of(seen, workload)
        known = wanted(context, workload) is not None and bool(pools.number)
        if (
            seen.may_add_pools(workload)
            or not known
            or not workload.grouped
            or workload.dynamic_slice
        ):
            continue
        if (seen.target(workload).hosts or 1) > 1:
            names = pools.names
            sharing.setdefault(names, {}).setdefault(id(workload.resource), workload)
    for names, workloads in sharing.items():
        yield from _together(context, seen, names, list(workloads.values()))


def slices_of(seen: View, workload: Workload) -> Pools:
    """The node pools that are a slice of several hosts each, of those that the Pods may use."""
    return seen.pools_for(workload).several_hosts


def _together(
    context: Context, seen: View, names: tuple[str, ...], workloads: list[Workload]
) -> Violations:
    counts = [most for w in workloads if (most := wanted(context, w)) is not None]
    groups = sum(count for count, _ in counts)
    if groups <= len(names):
        return
    first = slices_of(seen, workloads[0])[0]
    who = " and ".join(f"{w.resource.kind} {w.resource.name}" for w in workloads)
    have = "has" if len(workloads) == 1 else "have"
    yield violation(
        f"{who} {have} {counted(groups, 'group')}; {counted(len(names), 'node pool')} can run "
        f"one each: {', '.join(names)}",
        *(place for _, place in counts),
        first.place("placementPolicy", "tpuTopology", note="one slice"),
        remedy=_of_spec(context, first, groups),
    )


def _of_spec(context: Context, pool: Pool, groups: int) -> str:
    """What to set in the spec that the pool was rendered from; nothing for linted manifests."""
    for planned in context.plan.pools if context.plan is not None else ():
        if planned.slice is not None and pool.name in [m.name.value for m in planned.members]:
            nodes = groups * planned.slice.hosts.value
            return (
                f"Set nodes.max of {planned.spec.name.value} to {nodes} ({groups} slices), or "
                "lower the replicas or autoscaling.max."
            )
    return ""
