"""A server on nodes that go after seven days."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import Pool, priorities
from stackgen.facts.workloads import COMPUTE_CLASS, FLEX_START
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """One finding for each server that can run nowhere else."""
    seen = view(context)
    for workload in seen.tpu:
        if not workload.serving:
            continue
        pools, path = seen.pools_for(workload), None
        label = workload.labels.get(FLEX_START)
        chosen = seen.compute_class(workload)
        if label is not None and "true" in label.values:
            path = label.path
        elif pools.all_are(_queued) and not seen.may_add_pools(workload):
            path = workload.path
        elif chosen is not None and _only_flex(chosen):
            path = workload.labels[COMPUTE_CLASS].path
        if path is not None:
            yield violation(
                f"{workload.display_name} runs only on flex-start nodes, which last at most "
                "seven days",
                Place(workload.resource, path),
            )


def _queued(pool: Pool) -> bool:
    return pool.queued


def _only_flex(resource: Resource) -> bool:
    found = [priority.get("flexStart") for _, priority in priorities(resource)]
    return bool(found) and all(isinstance(f, dict) and f.get("enabled") is True for f in found)
