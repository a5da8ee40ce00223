"""How many replicas of a workload there may be: those it sets, or those of its autoscaler."""

from __future__ import annotations

from collections.abc import Mapping

from stackgen.checks.context import Context
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.quantity import whole
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place

Ceilings = Mapping[tuple[str, str, str], tuple[int, Place]]


def wanted(context: Context, workload: Workload) -> tuple[int, Place] | None:
    """The largest number of replicas, and where it is said; None where nothing says it."""
    resource, found = workload.resource, []
    if workload.replicas.value is not None:
        found.append((workload.replicas.value, Place(resource, workload.replicas.path)))
    path = workload.service.most if workload.service is not None else ()
    most = whole(resource.get(*path)) if path else None
    if most is not None:
        found.append((most, Place(resource, path)))
    scaled = context.once(_ceilings).get((resource.kind, resource.namespace, resource.name))
    if scaled is not None:
        found.append(scaled)
    return max(found, key=lambda one: one[0], default=None)


def _ceilings(context: Context) -> Ceilings:
    return {
        scaler.target: (scaler.most, Place(scaler.resource, scaler.limit))
        for scaler in autoscalers(context.bundle)
        if scaler.most is not None
    }
