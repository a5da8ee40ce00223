"""A PodDisruptionBudget that never lets a Pod be evicted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.composed import is_completed
from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import Root, place_of, roots_of, value_in
from stackgen.checks.serving.chain import Pods, chain
from stackgen.digits import to_int
from stackgen.facts.autoscalers import Autoscaler, autoscalers
from stackgen.facts.pod_templates import WorkloadKind, workload_kinds
from stackgen.facts.quantity import whole
from stackgen.facts.ray_pods import ray_pods
from stackgen.facts.shape import as_dict, at
from stackgen.findings.model import Violation, Violations, violation
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """One finding for each budget of workloads of the input whose replicas are known."""
    for budget in context.bundle.of_kind("PodDisruptionBudget", "policy"):
        labels = as_dict(budget.get("spec", "selector", "matchLabels"))
        if not labels or budget.get("spec", "selector", "matchExpressions"):
            continue
        for root in roots_of(context, budget):
            found = None if root is not None and root.folder.open else _in(context, root, budget)
            if found is not None:
                yield found
                break


def _in(context: Context, root: Root | None, budget: Resource) -> Violation | None:
    """What is wrong with a budget in what a kustomization makes."""
    labels = as_dict(budget.get("spec", "selector", "matchLabels"))
    selected = chain(context).selected(budget.namespace, labels)
    total = _pods(context, root, selected)
    predictors = list(_predictors(context, root, budget.namespace, labels))
    if predictors and not selected:
        total = None if None in predictors else sum(filter(None, predictors))
    for field in ("maxUnavailable", "minAvailable"):
        given = value_in(context, root, budget, ("spec", field))
        place = place_of(context, budget, ("spec", field), given)
        if (selected or predictors) and field == "maxUnavailable" and given in (0, "0%"):
            return violation(f"maxUnavailable is {given}: no Pod can be evicted", place)
        count = _count(given, total) if total else None
        if count is None or not total:
            continue
        allowed = total - count if field == "minAvailable" else count
        if allowed <= 0:
            return violation(
                f"{field} is {given}, but the budget applies to {total} "
                f"Pod{'s' if total > 1 else ''}: no Pod can be evicted",
                place,
            )
    return None


def _pods(context: Context, root: Root | None, selected: list[Pods]) -> int | None:
    """The fewest Pods of the workloads; None if that is not known."""
    total = 0
    for pods in selected:
        kind = workload_kinds().get((pods.owner.group, pods.owner.kind))
        if kind is None or not kind.replicas:
            return None
        each = _of_group(pods, kind) if kind.group_size else 1
        if each is None:
            return None
        service = pods.owner.service
        if service is not None and (not service.whole or _scaled(service.resource)):
            return None
        owner = pods.owner
        given: Any = at(owner.data, *kind.replicas)
        if service is None:
            given = value_in(context, root, owner.resource, kind.replicas)
        replicas = kind.default if given is None else whole(given)
        if replicas is None:
            return None
        scaler = context.once(_scalers).get((owner.kind, owner.namespace, owner.name))
        least = _least(context, root, scaler) if scaler is not None else 0
        if least is None:
            return None
        total += (least or replicas) * each
    return total


def _of_group(pods: Pods, kind: WorkloadKind) -> int | None:
    """How many Pods of a template each group has: the leader, or the workers, or all."""
    size = whole(at(pods.owner.data, *kind.group_size) or 1)
    leader = as_dict(at(pods.owner.data, *kind.group_size[:-1], "leaderTemplate"))
    if size is None or not leader:
        return size
    return 1 if as_dict(leader.get("spec")) == pods.spec else size - 1


def _scalers(context: Context) -> dict[tuple[str, str, str], Autoscaler]:
    return {scaler.target: scaler for scaler in autoscalers(context.bundle)}


def _least(context: Context, root: Root | None, scaler: Autoscaler) -> int | None:
    """The fewest replicas that an autoscaler gives; None if that is not known."""
    count, path = scaler.least
    if path == scaler.limit or count == 0:  # the field is not set, or all Pods may go
        return count
    return whole(value_in(context, root, scaler.resource, path))


def _scaled(service: Resource) -> bool:
    """Whether KServe lets an autoscaler set the replicas of a service."""
    return any(
        service.get("spec", *part, field) is not None
        for part in ((), ("prefill",))
        for field in ("scaling", "autoscaling")
    )


def _predictors(
    context: Context, root: Root | None, namespace: str, labels: Mapping[str, object]
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
        least = value_in(context, root, service, ("spec", "predictor", "minReplicas"))
        known = "workerSpec" not in predictor
        yield (1 if least is None else whole(least) or None) if known else None
    counts: dict[tuple[str, str, str], set[int | None]] = {}
    for pods in ray_pods(context.bundle):
        owner = pods.owner
        if owner.namespace == namespace and labels.items() <= pods.labels.items():
            # Several files with one object are choices.
            key = (owner.kind, owner.name, str(pods.labels["ray.io/group"]))
            counts.setdefault(key, set()).add(None if is_completed(context, owner) else pods.count)
    for one in counts.values():
        yield one.pop() if len(one) == 1 else None


def _count(value: object, total: int) -> int | None:
    """The Pods of a number or a share; Kubernetes rounds shares up."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdecimal():
        return math.ceil(total * to_int(value[:-1]) / 100)
    return None
