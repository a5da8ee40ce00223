"""More servers than the GPUs of their node pools can hold."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.engine import gpu_pools_for
from stackgen.checks.tpu.view import View, view
from stackgen.checks.tpu.words import counted
from stackgen.facts.pools import Pool
from stackgen.facts.workloads import COMPUTE_CLASS, GPU, NODE_POOL, Workload
from stackgen.findings.model import Place, Severity, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each workload larger than its pool, or for all that share one."""
    seen = view(context)
    sharing: dict[str, list[tuple[Workload, int]]] = {}
    pools: dict[str, Pool] = {}
    for workload in seen.workloads:
        pool, each = _only_pool(seen, workload), _gpus(workload)
        replicas = workload.replicas.value
        if pool is None or not each or not replicas or workload.grouped or not workload.serving:
            continue
        if each > pool.gpus:
            continue  # of that speaks gpu-no-matching-pool
        pools[pool.name] = pool
        sharing.setdefault(pool.name, []).append((workload, each))
    for name, group in sharing.items():
        yield from _judged(pools[name], group)


def _judged(pool: Pool, group: list[tuple[Workload, int]]) -> Violations:
    limit = pool.limit("max")
    if limit is None:
        return
    nodes = limit[0]
    has = (
        f"node pool {pool.name} has at most {counted(nodes, 'node')} of {counted(pool.gpus, 'GPU')}"
    )
    place = pool.place(*limit[1], note=f"at most {nodes}")
    alone = True
    for workload, each in group:
        replicas = workload.replicas.value or 0
        if replicas > nodes * (pool.gpus // each):
            alone = False
            yield violation(
                f"{workload.display_name} needs {counted(replicas, 'pod')} with "
                f"{counted(each, 'GPU')}; {has}",
                Place(workload.resource, workload.replicas.path),
                place,
            )
    total = sum((w.replicas.value or 0) * each for w, each in group)
    if alone and len(group) > 1 and total > nodes * pool.gpus:
        shares = ", ".join(
            f"{w.display_name} {(w.replicas.value or 0) * each}" for w, each in group
        )
        yield violation(
            f"{has}; {total} GPUs are requested: {shares}",
            *(Place(w.resource, w.replicas.path) for w, _ in group),
            place,
            severity=Severity.WARNING,
        )


def _only_pool(seen: View, workload: Workload) -> Pool | None:
    """The pool that a workload names, when GKE adds no others."""
    if seen.makes_pools or NODE_POOL not in workload.labels or COMPUTE_CLASS in workload.labels:
        return None
    pools = gpu_pools_for(seen, workload)
    return pools[0] if len(pools) == 1 else None


def _gpus(workload: Workload) -> int | None:
    asked = [c.amount(GPU) for c in workload.containers if not c.init and c.amount_path(GPU)]
    known = [n for n in asked if n is not None]
    return sum(known) if len(known) == len(asked) else None
