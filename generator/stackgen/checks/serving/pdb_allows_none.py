"""A PodDisruptionBudget that never lets a Pod be evicted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from stackgen.checks.composed import is_completed
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.digits import to_int
from stackgen.facts.pod_templates import workload_kinds
from stackgen.facts.quantity import whole
from stackgen.facts.ray_pods import ray_pods
from stackgen.facts.shape import as_dict, at, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_SCALERS = (
    ("HorizontalPodAutoscaler", "autoscaling", "minReplicas"),
    ("ScaledObject", "keda.sh", "minReplicaCount"),
)


def check(context: Context) -> Violations:
    """One finding for each budget of workloads of the input whose replicas are known."""
    links = chain(context)
    for budget in context.bundle.of_kind("PodDisruptionBudget", "policy"):
        labels = as_dict(budget.get("spec", "selector", "matchLabels"))
        if not labels or budget.get("spec", "selector", "matchExpressions"):
            continue
        selected = links.selected(budget.namespace, labels)
        total = _pods(context, selected)
        predictors = list(_predictors(context, budget.namespace, labels))
        if predictors and not selected:
            total = None if None in predictors else sum(filter(None, predictors))
        if (selected or predictors) and budget.get("spec", "maxUnavailable") in (0, "0%"):
            yield violation(
                f"maxUnavailable is {budget.get('spec', 'maxUnavailable')}: no Pod can be evicted",
                Place(budget, ("spec", "maxUnavailable")),
            )
            continue
        for field in ("minAvailable", "maxUnavailable"):
            given = budget.get("spec", field)
            count = _count(given, total) if total else None
            if given is None or count is None or not total:
                continue
            allowed = total - count if field == "minAvailable" else count
            if allowed <= 0:
                yield violation(
                    f"{field} is {given}, but the budget applies to {total} "
                    f"Pod{'s' if total > 1 else ''}: no Pod can be evicted",
                    Place(budget, ("spec", field)),
                )


def _pods(context: Context, selected: list[Pods]) -> int | None:
    """The number of Pods of the workloads; None if it is not known, or an autoscaler may set it."""
    total = 0
    for pods in selected:
        if is_completed(context, pods.owner.resource):
            return None  # an overlay may set the replicas
        kind = workload_kinds().get((pods.owner.group, pods.owner.kind))
        if kind is None or not kind.replicas or kind.group_size:
            return None
        service = pods.owner.service
        if service is not None and (not service.whole or _scaled(service.resource)):
            return None
        given = at(pods.owner.data, *kind.replicas)
        replicas = kind.default if given is None else whole(given)
        if replicas is None:
            return None
        workload = pods.owner
        scaled = context.once(_least).get((workload.kind, workload.name, workload.namespace), 0)
        total += max(replicas, scaled)
    return total


def _scaled(service: Resource) -> bool:
    """Whether KServe lets an autoscaler set the replicas of a service."""
    return any(
        service.get("spec", *part, field) is not None
        for part in ((), ("prefill",))
        for field in ("scaling", "autoscaling")
    )


def _predictors(
    context: Context, namespace: str, labels: Mapping[str, object]
) -> Iterator[int | None]:
    """The fewest Pods of each InferenceService, and of each group of Ray, that a budget selects.

    None where they are not known. Source: KServe 0.17, deployment_reconciler.go.
    """
    for service in context.bundle.of_kind("InferenceService", "serving.kserve.io"):
        predictor = as_dict(service.get("spec", "predictor"))
        given = {
            **as_dict(service.metadata.get("labels")),
            **as_dict(predictor.get("labels")),
            "serving.kserve.io/inferenceservice": service.name,
            "component": "predictor",
            "app": f"isvc.{service.name}-predictor",
        }
        if service.namespace != namespace or not predictor or not labels.items() <= given.items():
            continue
        least = predictor.get("minReplicas", 1)
        known = not is_completed(context, service) and "workerSpec" not in predictor
        yield whole(least) or None if known else None
    counts: dict[tuple[str, str, str], set[int | None]] = {}
    for pods in ray_pods(context.bundle):
        owner = pods.owner
        if owner.namespace == namespace and labels.items() <= pods.labels.items():
            # Several files with one object are choices.
            key = (owner.kind, owner.name, str(pods.labels["ray.io/group"]))
            counts.setdefault(key, set()).add(None if is_completed(context, owner) else pods.count)
    for one in counts.values():
        yield one.pop() if len(one) == 1 else None


def _least(context: Context) -> dict[tuple[str, str, str], int]:
    """The fewest replicas that autoscalers give workloads, by kind, name and namespace."""
    found: dict[tuple[str, str, str], int] = {}
    for kind, group, field in _SCALERS:
        for scaler in context.bundle.of_kind(kind, group):
            target = as_dict(scaler.get("spec", "scaleTargetRef"))
            key = (text(target.get("kind", "Deployment")), text(target.get("name")))
            least = whole(scaler.get("spec", field)) or 0
            found[*key, scaler.namespace] = max(least, found.get((*key, scaler.namespace), 0))
    return found


def _count(value: object, total: int) -> int | None:
    """The Pods of a number or a share; Kubernetes rounds shares up."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdecimal():
        return math.ceil(total * to_int(value[:-1]) / 100)
    return None
