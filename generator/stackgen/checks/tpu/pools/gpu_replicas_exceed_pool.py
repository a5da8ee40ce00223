"""More servers than the GPUs of their node pools can hold."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import gpu_pools_for
from stackgen.checks.tpu.pools.wanted import remedy, wanted
from stackgen.checks.tpu.view import View, view
from stackgen.facts.pools import Pool
from stackgen.facts.workloads import COMPUTE_CLASS, GPU, NODE_POOL, Workload
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.record import record
from stackgen.wording import counted


@record
class _Share:
    """GPUs that a workload takes of a pool: of each replica, and of how many. place: of those."""

    workload: Workload
    each: int
    replicas: int
    place: Place


def check(context: Context) -> Violations:
    """One finding for each workload larger than its pool, or for all that share one."""
    seen = view(context)
    sharing: dict[str, list[_Share]] = {}
    pools: dict[str, Pool] = {}
    for workload in seen.workloads:
        pool, each = _only_pool(seen, workload), _gpus(workload)
        most = wanted(context, workload)
        if pool is None or not each or most is None or not most[0]:
            continue
        if workload.grouped or not workload.serving:
            continue
        if each > pool.requestable_gpus:
            continue  # of that speaks gpu-no-matching-pool
        pools[pool.name] = pool
        sharing.setdefault(pool.name, []).append(_Share(workload, each, *most))
    for name, group in sharing.items():
        yield from _violations(context, pools[name], group)


def _violations(context: Context, pool: Pool, group: list[_Share]) -> Violations:
    limit = pool.limit("max")
    if limit is None:
        return
    nodes = limit[0]
    gpus = counted(pool.requestable_gpus, "GPU")
    has = f"node pool {pool.name} has at most {counted(nodes, 'node')} of {gpus}"
    place = pool.place(*limit[1], note=f"at most {nodes}")
    alone = True
    for one in group:
        if one.replicas > nodes * (pool.requestable_gpus // one.each):
            alone = False
            yield violation(
                f"{one.workload.display_name} needs {counted(one.replicas, 'Pod')} with "
                f"{counted(one.each, 'GPU')}; {has}",
                one.place,
                place,
                remedy=_remedy(context, pool, nodes, one, group),
            )
    total = sum(one.replicas * one.each for one in group)
    if alone and len(group) > 1 and total > nodes * pool.requestable_gpus:
        largest = max(group, key=lambda one: one.replicas * one.each)
        shares = ", ".join(
            f"{one.workload.display_name} {one.replicas * one.each}" for one in group
        )
        yield violation(
            f"{has}; {total} GPUs are requested: {shares}",
            *(one.place for one in group),
            place,
            severity=Severity.WARNING,
            remedy=_remedy(context, pool, nodes, largest, group),
        )


def _remedy(context: Context, pool: Pool, nodes: int, one: _Share, group: list[_Share]) -> str:
    """With values that fit where no two workloads share a node."""
    total = sum(_nodes(pool, other) for other in group)
    left = nodes - total + _nodes(pool, one)
    fit = left * (pool.requestable_gpus // one.each)
    return remedy(context, one.workload, one.place, pool.name, total, fit)


def _nodes(pool: Pool, one: _Share) -> int:
    return -(-one.replicas // (pool.requestable_gpus // one.each))


def _only_pool(seen: View, workload: Workload) -> Pool | None:
    """The pool that a workload names; GKE adds none of this name."""
    if NODE_POOL not in workload.labels or COMPUTE_CLASS in workload.labels:
        return None
    pools = gpu_pools_for(seen, workload)
    return pools[0] if pools.number == 1 else None


def _gpus(workload: Workload) -> int | None:
    asked = [c.amount(GPU) for c in workload.containers if not c.init and c.amount_path(GPU)]
    known = [n for n in asked if n is not None]
    return sum(known) if len(known) == len(asked) else None
