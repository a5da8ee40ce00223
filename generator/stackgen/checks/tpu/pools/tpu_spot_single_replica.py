"""One server, on nodes that may be taken back."""

from __future__ import annotations

from dataclasses import replace

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import gpu_pools_for
from stackgen.checks.tpu.planned import scaled_remedy
from stackgen.checks.tpu.pools.wanted import fewest
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import Pool, priorities
from stackgen.facts.workloads import COMPUTE_CLASS, SPOT
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each server with one replica that only Spot nodes take."""
    seen = view(context)
    for workload in seen.servers:
        least = fewest(context, workload) if workload.serving else None
        if least is None or least[0] != 1:
            continue
        on_tpu = bool(workload.tpu_containers)
        pools = seen.pools_for(workload) if on_tpu else gpu_pools_for(seen, workload)
        selected = workload.label(SPOT) == "true"
        only = pools.all_are(_on_spot) and not seen.may_add_pools(workload)
        chosen = seen.compute_class(workload)
        rules = [rule for _, rule in priorities(chosen)] if chosen is not None else []
        of_class = bool(rules) and all(rule.get("spot") is True for rule in rules)
        if not (selected or only or of_class) or workload.part.endswith("worker"):
            continue
        where = pools[0].place("nodeConfig", "spot") if pools else None
        if of_class:
            where = Place(workload.resource, workload.labels[COMPUTE_CLASS].path)
        if selected:
            where = Place(workload.resource, workload.labels[SPOT].path)
        replicas = replace(least[1], note="one replica")
        when = "" if replicas.path == workload.replicas.path else "without load, "
        kind = "TPUs" if on_tpu else "GPUs"
        if where is not None:
            yield violation(
                f"{when}the only replica of {workload.display_name} runs on Spot {kind}",
                where,
                replicas,
                remedy=scaled_remedy(
                    context, "tpu-spot-single-replica", workload.resource.name, "min"
                ),
            )


def _on_spot(pool: Pool) -> bool:
    return pool.spot
