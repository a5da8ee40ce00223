"""Pods that no GPU node pool of the bundle can take."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import gpu_pools_for
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import CLIENTS, SHARING
from stackgen.facts.workloads import COMPUTE_CLASS, GPU, GPU_ACCELERATOR, NODE_POOL
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import or_list


def check(context: Context) -> Violations:
    """One finding for each Pod template, where the bundle has GPU pools and GKE makes none."""
    seen = view(context)
    if not seen.gpu_pools or seen.makes_pools or any(not p.gpu_label for p in seen.pools):
        return
    for workload in seen.workloads:
        asks = [c for c in workload.containers if not c.init and c.amount_path(GPU)]
        named = [key for key in (GPU_ACCELERATOR, NODE_POOL) if key in workload.labels]
        if not asks or not named or COMPUTE_CLASS in workload.labels:
            continue
        count = sum(c.amount(GPU) or 0 for c in asks)
        pools, near = gpu_pools_for(seen, workload), seen.pools_near(workload, "gpu")
        if not near:
            continue
        sliced = any(pool.gpus and not pool.requestable_gpus for pool in pools)
        if sliced or any(gpus >= count for gpus in pools.nodes_by_gpus):
            continue
        have = or_list([f"{p.name} ({p.gpus} {p.gpu_label} on each node)" for p in near])
        wanted = "|".join(workload.labels[named[0]].values)
        shared = [key for key in (SHARING, CLIENTS) if key in workload.labels and not pools]
        for key in shared:
            wanted += f", {key.rpartition('/')[2]} {'|'.join(workload.labels[key].values)}"
        place = Place(workload.resource, workload.labels[named[0]].path)
        if pools:
            place = Place(workload.resource, asks[0].amount_path(GPU) or ())
        yield violation(
            f"no node pool has nodes with {count} GPUs for {wanted}; there is {have}",
            place,
            *(p.place("nodeConfig", "guestAccelerator", note="a GPU pool") for p in pools[:2]),
        )
