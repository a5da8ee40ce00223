"""Flex-start nodes that end before a server has started, or before the next one has."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.facts.lifecycle import StartupBudget, startup_budget
from stackgen.facts.pools import Pool, priorities
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict
from stackgen.facts.workloads import COMPUTE_CLASS, Workload
from stackgen.findings.model import Place, Severity, Violation, Violations, violation
from stackgen.manifest.document import Path

_RUN, _LEAD = "maxRunDurationSeconds", ("flexStart", "nodeRecycling", "leadTimeSeconds")


def check(context: Context) -> Violations:
    """One finding for each priority and server. What a start may take is what its probe allows."""
    seen = view(context)
    for workload in seen.servers:
        budget = startup_budget(workload.server) if workload.server is not None else None
        if budget is not None and workload.serving:
            yield from _of_class(seen, workload, budget)
            yield from _of_pools(seen, workload, budget)


def _of_class(seen: View, workload: Workload, budget: StartupBudget) -> Iterator[Violation]:
    resource = seen.compute_class(workload)
    for path, rule in priorities(resource) if resource is not None else ():
        flex = as_dict(rule.get("flexStart"))
        if resource is None or flex.get("enabled") is not True:
            continue
        run, lead = whole(rule.get(_RUN)), whole(as_dict(flex.get("nodeRecycling")).get(_LEAD[-1]))
        name = f"priority {int(path[-1]) + 1} of ComputeClass {resource.name}"
        label = Place(workload.resource, workload.labels[COMPUTE_CLASS].path, note="selects it")
        if run is not None and run <= budget.seconds:
            yield _too_short(workload, budget, name, run, Place(resource, (*path, _RUN)))
        elif lead is not None and lead < budget.seconds:
            where: Path = (*path, *_LEAD)
            yield violation(
                f"{name} requests the next node {lead} s before a node ends; "
                f"{workload.display_name} can take {budget.seconds} s to start ({budget.sum})",
                Place(resource, where), label,
                impact="The server ends before the next one answers.",
                remedy=f"Set `leadTimeSeconds: {budget.seconds}`.",
            )  # fmt: skip
        elif "nodeRecycling" not in flex:
            yield violation(
                f"{name} has no nodeRecycling, so {workload.display_name} stops when its node ends",
                Place(resource, (*path, "flexStart")), label,
                severity=Severity.INFO,
                impact="GKE looks for another node only when the server has ended.",
                remedy=f"Add `nodeRecycling: {{leadTimeSeconds: {budget.seconds}}}`.",
            )  # fmt: skip


def _ends(pool: Pool) -> bool:
    return pool.queued and pool.get("nodeConfig", "maxRunDuration") is not None


def _of_pools(seen: View, workload: Workload, budget: StartupBudget) -> Iterator[Violation]:
    for pool in seen.pools_for(workload).those(_ends) if workload.tpu_containers else ():
        given = pool.get("nodeConfig", "maxRunDuration")
        run = whole(str(given).removesuffix("s")) if given is not None else None
        if run is not None and run <= budget.seconds:
            place = pool.place("nodeConfig", "maxRunDuration")
            yield _too_short(workload, budget, f"node pool {pool.name}", run, place)


def _too_short(
    workload: Workload, budget: StartupBudget, name: str, run: int, place: Place
) -> Violation:
    return violation(
        f"nodes of {name} end after {run} s; {workload.display_name} can take {budget.seconds} "
        f"s to start ({budget.sum})",
        place,
        budget.place,
        severity=Severity.ERROR,
        remedy=f"Set a time of several hours. A start may take {budget.seconds} s.",
    )
