"""What a change of a node pool means for the servers on it."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.facts.workloads import Workload
from stackgen.manifest.resource import Bundle, Resource
from stackgen.review.model import Consequence, Side
from stackgen.review.risks import consequence
from stackgen.review.serving import Servers, startup_of, those
from stackgen.review.show import named


def of_pool(pool: Resource, before: Servers) -> Iterator[Consequence]:
    """The servers that are away when a pool of the old side is deleted or recreated."""
    workloads = [w for w in before.on(pool) if w.serving and w.replicas.value != 0]
    if workloads:
        yield consequence(
            "pool-servers-away", servers=those(workloads),
            startup=startup_of(workloads) or "an unknown time",
        )  # fmt: skip


def of_rolled_nodes(pool: Resource, after: Servers) -> Iterator[Consequence]:
    """Servers that are moved while the nodes of their pool are replaced one batch after another."""
    workloads = [w for w in after.on(pool) if w.serving and w.replicas.value != 0]
    if not workloads:
        return
    guarded = [w for w in workloads if _guard(w, after.side)]
    words = {"servers": those(workloads), "startup": startup_of(workloads) or "an unknown time"}
    if len(guarded) == len(workloads) and all(w.replicas.value != 1 for w in workloads):
        budgets = named(_guard(w, after.side) for w in guarded)
        yield consequence("pool-servers-moved", budgets=budgets, **words)
    else:
        yield consequence("pool-servers-unguarded", **words)


def _guard(workload: Workload, side: Side) -> str:
    """The PodDisruptionBudget that selects the servers."""
    from stackgen.net.workloads import pods_of

    resource = workload.resource
    labels = [pod.labels for pod in pods_of(Bundle((resource,)))]
    for budget in side.objects:
        if (budget.group, budget.kind) != ("policy", "PodDisruptionBudget"):
            continue
        wanted = budget.get("spec", "selector", "matchLabels")
        if budget.namespace != resource.namespace or not isinstance(wanted, dict) or not wanted:
            continue
        if any(all(given.get(k) == v for k, v in wanted.items()) for given in labels):
            return budget.name
    return ""


def of_pool_size(new: Resource, after: Servers) -> Iterator[Consequence]:
    """A pool that is now too small for what runs on it."""
    pool = after.pool(new)
    limit = pool.limit("max") if pool is not None else None
    if limit is None:
        return
    workloads = [w for w in after.on(new) if len(after.pools_for(w)) == 1]
    needed = 0
    for workload in workloads:
        replicas, size = workload.replicas.value, workload.size.value
        if replicas is None or size is None:
            return
        needed += replicas * size
    if needed > limit[0]:
        yield consequence(
            "pool-smaller", new=str(limit[0]), needed=str(needed), servers=those(workloads)
        )
