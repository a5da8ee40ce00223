"""Part of a host's chips."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.facts.workloads import TPU
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import counted, or_list


def check(context: Context) -> Violations:
    """One finding for each Pod template, or container, with an impossible number of chips."""
    seen = view(context)
    for workload in seen.tpu:
        target = seen.target(workload)
        generation = target.generation
        if generation is None:
            continue
        possible = sorted({s.per_host for s in target.shapes}) or _any(seen, generation.key)
        asked = workload.chips
        paths = [c.amount_path(TPU) or () for c in workload.tpu_containers]
        if asked is None or asked in possible:
            continue
        if len(paths) > 1 and not generation.data["split_over_containers"]:
            continue  # another rule's matter
        hosts = or_list(dict.fromkeys(f"{s.machine} has {s.per_host}" for s in target.shapes))
        yield violation(
            f"{workload.display_name} requests {counted(asked, 'chip')} of {generation.key}"
            + (f" {target.topology}; {hosts}" if hosts else f"; hosts have {or_list(possible)}"),
            Place(workload.resource, paths[0]),
        )


def _any(seen: View, generation: str) -> list[int]:
    rows = seen.catalog.topologies(generation)
    return sorted({row.data["chips"] // row.data["hosts"] for row in rows})
