"""How many replicas of a workload there may be, and what to do about too many of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import finals
from stackgen.facts.autoscalers import Autoscaler, autoscalers
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.plan.prefill import has_prefill


def wanted(context: Context, workload: Workload) -> tuple[int, Place] | None:
    """The largest number of replicas, and where it is said; None where nothing says it."""
    resource, count = workload.resource, workload.replicas
    found = [] if count.value is None else [*_said(context, resource, count.path, count.value)]
    path = workload.service.most if workload.service is not None else ()
    found += _said(context, resource, path) if path else ()
    scaler = context.once(_scalers).get((resource.kind, resource.namespace, resource.name))
    found += _said(context, scaler.resource, scaler.limit) if scaler is not None else ()
    return max(found, key=lambda one: one[0], default=None)


def _said(
    context: Context, resource: Resource, path: Path, usual: int | None = None
) -> Iterator[tuple[int, Place]]:
    """The numbers that a field has in the end. usual: the number where the field is not set."""
    for value, place in finals(context, resource, path):
        number = usual if value is None else whole(value)
        if number is not None:
            yield number, place


def fewest(context: Context, workload: Workload) -> tuple[int, Place] | None:
    """The number of replicas without load, and where it is said; None where nothing says it."""
    resource, count = workload.resource, workload.replicas
    most = workload.service.most if workload.service is not None else ()
    given = as_dict(resource.get(*most[:-1])) if most else {}
    scaler = context.once(_scalers).get((resource.kind, resource.namespace, resource.name))
    if "maxReplicas" in given:
        idle = as_dict(given.get("keda")).get("idleReplicaCount") == 0
        least = 0 if idle else whole(given.get("minReplicas", 1))
        field = "minReplicas" if "minReplicas" in given else "maxReplicas"
        place = Place(resource, (*most[:-1], field))
    elif scaler is not None:
        least, path = scaler.least
        place = Place(scaler.resource, path)
    else:
        least, place = count.value, Place(resource, count.path)
    return None if least is None or not place.path else (least, place)


def remedy(
    context: Context, workload: Workload, place: Place, pool: str, nodes: int, fit: int
) -> str:
    """Both ends of a pool that is too small, with the value for each; "" without stack.yaml.

    place: of the replicas. nodes: that all servers need. fit: replicas for which there is room.
    """
    if context.stack is None:
        return ""
    raised = f"Set `nodes.max: {nodes}` on the node pool {pool}"
    if fit < 1:
        return f"{raised}, or lower the replicas of several servers."
    name, path, resource = workload.resource.name, place.path, place.resource
    field = str(path[-1])
    of = f" in {resource.kind} {resource.name}" if resource and field != "replicas" else ""
    for model in context.stack.spec.serving.models:
        half = model.prefill
        if has_prefill(model).value and (
            name == f"{model.name.value}-prefill"
            or (name == model.name.value and "prefill" in path)
        ):
            scaled = half.autoscaling.max.value is not None
            field, of = f"prefill.{'autoscaling.max' if scaled else 'replicas'}", ""
        elif name == model.name.value and model.autoscaling.max.value is not None:
            field, of = "autoscaling.max", ""
    return f"{raised}, or `{field}: {fit}`{of}."


def _scalers(context: Context) -> Mapping[tuple[str, str, str], Autoscaler]:
    return {scaler.target: scaler for scaler in autoscalers(context.bundle)}
