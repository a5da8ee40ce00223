"""A ResourceQuota that is smaller than what the workloads of its namespace request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from stackgen.checks.composed import in_one_set
from stackgen.checks.context import Context
from stackgen.checks.rollout.view import simulated
from stackgen.checks.tpu.pools.update_surge import surge_of
from stackgen.facts.autoscalers import Autoscaler, autoscalers
from stackgen.facts.pod_templates import kind_of
from stackgen.facts.quantity import number, whole
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.facts.templates import Services, templates
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.platforms.registry import service_workloads
from stackgen.record import record
from stackgen.rollout.model import Key, key_of

_SHORT = {"cpu": "requests.cpu", "memory": "requests.memory"}
Amounts = dict[str, float]


@record
class Asked:
    """What the Pods of a namespace request, by resource.

    totals: all Pods that run permanently. more: those that autoscalers may add, which are scalers.
    tasks: the largest Pod that ends. surges: the Pods that a rolling update adds before it ends
    another.
    """

    totals: Amounts = field(default_factory=dict)
    by: list[Resource] = field(default_factory=list)
    tasks: dict[str, tuple[float, Resource]] = field(default_factory=dict)
    surges: dict[str, list[tuple[float, Resource]]] = field(default_factory=dict)
    more: Amounts = field(default_factory=dict)
    scalers: list[Resource] = field(default_factory=list)


def check(context: Context) -> Violations:
    """One finding for each amount of a quota, unless rollout-quota says what it holds back."""
    for one in exceeded(context):
        quota = one.places[0].resource
        if quota is None or key_of(quota) not in context.once(_blocks):
            yield one


def _blocks(context: Context) -> frozenset[Key | None]:
    """The quotas that keep something of a delivery from being ready."""
    blocked = (one for found in simulated(context) for one in found.rollout.blocked)
    return frozenset(one.cause.need.target for one in blocked if one.cause.need.kind == "quota")


def exceeded(context: Context) -> Violations:
    """The amounts of quotas. Unknown replicas count as none, so it is certain."""
    quotas = [
        quota
        for quota in context.bundle.of_kind("ResourceQuota", "")
        if not quota.get("spec", "scopes") and not quota.get("spec", "scopeSelector")
    ]
    if not quotas:
        return
    services = service_workloads(context.catalog.copy(), context.release, context.bundle)
    scaled = {one.target: one for one in autoscalers(context.bundle)}
    named = {quota.namespace for quota in quotas}
    asked = _asked((r for r in context.bundle.objects if r.namespace in named), services, scaled)
    for quota in quotas:
        if not quota.namespace:  # objects of other folders may be in other namespaces
            own = (r for r in context.bundle.objects if not r.namespace)
            beside = [one for one in own if in_one_set(context, quota, one)]
            asked = {**asked, "": _asked(beside, services, scaled).get("", Asked())}
        yield from _amounts(quota, asked.get(quota.namespace, Asked()))


def _amounts(quota: Resource, asks: Asked) -> Violations:
    """One finding for each amount that is too small."""
    space = quota.namespace or "default"
    for name, hard in as_dict(quota.get("spec", "hard")).items():
        limit, key = number(hard), _SHORT.get(name, name)
        if limit is None:
            continue
        place = Place(quota, ("spec", "hard", name))
        allows = f"ResourceQuota {quota.name} allows {hard}"
        total, (task, one) = asks.totals.get(key, 0), asks.tasks.get(key, (0, None))
        most = total + asks.more.get(key, 0)
        if total > limit:
            yield violation(
                f"the workloads of {space} need {_shown(name, total)} of {name}; {allows}",
                place,
                *(Place(one, ("metadata", "name"), note="counts") for one in asks.by[:3]),
            )
        elif one is not None and task > limit:
            yield violation(
                f"{'' if one.kind == 'Pod' else 'a Pod of '}{one.kind} {one.name} needs "
                f"{_shown(name, task)} of {name}; "
                f"{allows}",
                place,
                Place(one, ("metadata", "name"), note="counts"),
            )
        elif most > limit:
            yield violation(
                f"at the most replicas of its autoscalers, the workloads of {space} need "
                f"{_shown(name, most)} of {name}; {allows}",
                place,
                *(Place(one, ("spec",), note="scales") for one in asks.scalers[:3]),
                severity=Severity.WARNING,
                impact="The last Pods are not created (event FailedCreate).",
                remedy="Raise the quota, or lower the highest number of replicas.",
            )
        else:
            more, one = max(asks.surges.get(key, []), key=_first, default=(0, None))
            if one is not None and total + more > limit:
                yield violation(
                    f"a rollout of {one.kind} {one.name} adds a Pod before it ends one: "
                    f"{_shown(name, total + more)} of {name}; {allows}",
                    place,
                    Place(one, ("metadata", "name"), note="counts"),
                    severity=Severity.WARNING,
                    impact="The new Pod is not created (event FailedCreate), and the rollout "
                    "does not proceed.",
                    remedy="Raise the quota, or set `maxSurge: 0` and `maxUnavailable: 1`.",
                )


def _first(found: tuple[float, Resource]) -> float:
    return found[0]


def _asked(
    resources: Iterable[Resource],
    services: Services,
    scaled: Mapping[tuple[str, str, str], Autoscaler],
) -> Mapping[str, Asked]:
    """By namespace."""
    found: dict[str, Asked] = {}
    seen: set[tuple[str, str, str]] = set()
    for resource in resources:
        kind = kind_of(resource)
        key = (resource.kind, resource.namespace, resource.name)
        # A name that several files use is one object of a cluster.
        if key in seen:
            continue
        seen.add(key)
        asks = found.setdefault(resource.namespace, Asked())
        _add_claims(asks, resource)
        for workload, count in _with_sizes(list(templates(resource, services))):
            one: Amounts = {}
            _add(one, workload, 1)
            if kind is not None and kind.runs == "task":  # its Pods end
                for name, amount in one.items():
                    asks.tasks[name] = max(
                        asks.tasks.get(name, (0, resource)), (amount, resource), key=_first
                    )
                continue
            scaler = scaled.get(key)
            if scaler is not None and scaler.most is not None:
                # The autoscaler sets the replicas, and a Deployment without a number begins with 1.
                each = count // max(workload.replicas.value or 1, 1)
                fixed = max(count, (scaler.least[0] or 0) * each)
                _add(asks.more, workload, max(scaler.most * each - fixed, 0))
                asks.scalers.append(scaler.resource)
                _add(asks.totals, workload, fixed)
            else:
                _add(asks.totals, workload, count)
            asks.by.append(resource)
            if surge_of(workload, workload.replicas.value or 0):
                for name, amount in one.items():
                    asks.surges.setdefault(name, []).append((amount, resource))
    return found


def _add_claims(asks: Asked, resource: Resource) -> None:
    """The claims: written as objects, or of each replica of a StatefulSet."""
    claims, count = [resource.data], 1
    if resource.kind != "PersistentVolumeClaim" or resource.group:
        replicas = resource.get("spec", "replicas")
        count = 1 if replicas is None else whole(replicas) or 0
        given = maps(resource.get("spec", "volumeClaimTemplates"))
        claims = [one for _, one in given] if resource.kind == "StatefulSet" else []
    for claim in claims:
        size = number(at(claim, "spec", "resources", "requests", "storage")) or 0
        named = text(at(claim, "spec", "storageClassName"))
        of_class = f"{named}.storageclass.storage.k8s.io/"
        for begin in ("", of_class) if named else ("",):
            for key, amount in (("requests.storage", size), ("persistentvolumeclaims", 1)):
                asks.totals[begin + key] = asks.totals.get(begin + key, 0) + count * amount
    if claims:
        asks.by.append(resource)


def _with_sizes(workloads: list[Workload]) -> Iterator[tuple[Workload, int]]:
    """Each template with its number of Pods. A group is one leader and workers for the rest."""
    led = any(one.part == "leader" for one in workloads)
    for one in workloads:
        size = one.size.value or 0
        if led and one.part in ("leader", "worker"):
            size = 1 if one.part == "leader" else max(0, size - 1)
        yield one, (one.replicas.value or 0) * size


def _add(totals: Amounts, workload: Workload, count: int) -> None:
    totals["pods"] = totals.get("pods", 0) + count
    for container in workload.containers:
        resources = as_dict(container.data.get("resources"))
        limits, requests = as_dict(resources.get("limits")), as_dict(resources.get("requests"))
        for part, given in (("limits", limits), ("requests", {**limits, **requests})):
            for name, amount in given.items() if not container.init else ():
                key = f"{part}.{name}"
                totals[key] = totals.get(key, 0) + count * (number(amount) or 0)


def _shown(name: str, total: float) -> Any:
    in_gib = name.endswith(("memory", "requests.storage"))
    return f"{total / 2**30:.0f}Gi" if in_gib else f"{total:g}"
