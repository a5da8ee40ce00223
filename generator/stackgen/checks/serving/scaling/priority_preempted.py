"""A model server that Pods with a higher priority may evict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.composed import in_one_set
from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import pod_runs
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.names import KIND

_JOBS = frozenset({"Job", "CronJob", "JobSet", "RayJob", "PyTorchJob"})
_DEVICES = ("google.com/tpu", "nvidia.com/gpu")
_NODES = (
    "cloud.google.com/gke-nodepool", "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-tpu-accelerator", "cloud.google.com/gke-tpu-topology",
    "cloud.google.com/compute-class", "cloud.google.com/gke-spot",
)  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each server, where its priority and those of the others are in the input."""
    classes = {x.name: x for x in context.bundle.of_kind("PriorityClass", "scheduling.k8s.io")}
    if not classes or any(whole(one.get("value")) is None for one in classes.values()):
        return
    defaults = [one for one in classes.values() if one.get("globalDefault") is True]
    if len(defaults) > 1:
        return
    usual = defaults[0] if defaults else None
    for server in servers(context):
        given = text(server.spec.get("priorityClassName"))
        own = classes.get(given) if given else usual
        if (given and own is None) or not plain(given):
            continue
        value = whole(own.get("value")) or 0 if own is not None else 0
        place = server.place(*(("priorityClassName",) if given else ()), key=not given)
        if own is not usual and usual is not None and _evicts(usual, value):
            yield violation(
                f"the priority of {server.resource.kind} {server.resource.name} is {value}, and "
                f"Pods without a class have {usual.get('value')}, by PriorityClass {usual.name}",
                place,
                Place(usual, ("value",)),
            )
            continue
        # Who names a class, or makes one the default, may want that Jobs come first.
        for job in _jobs(context) if own is None else ():
            batch = classes.get(text(job.spec.get("priorityClassName")))
            if batch is None or not in_one_set(context, server.resource, job.resource):
                continue
            if _evicts(batch, value) and same_nodes(server.spec, job.spec):
                yield violation(
                    f"the priority of {server.resource.kind} {server.resource.name} is {value}, "
                    f"and {job.resource.kind} {job.resource.name}, on the same nodes, has "
                    f"{batch.get('value')}",
                    place,
                    job.place("priorityClassName"),
                )
                break


def servers(context: Context) -> Iterator[PodSpec]:
    """Pod specs of model servers that run permanently."""
    seen = set[int]()
    for pod, _, _ in pod_runs(context):
        if id(pod.spec) not in seen and pod.resource.kind not in _JOBS:
            seen.add(id(pod.spec))
            yield pod
    for pod in pod_specs(context):
        if (
            pod.resource.kind == KIND
            and pod.path[-1] in ("template", "worker")
            and len(pod.path) < 3
        ):
            yield pod


def _jobs(context: Context) -> Iterator[PodSpec]:
    return (pod for pod in pod_specs(context) if pod.resource.kind in _JOBS)


def _evicts(one: Resource, value: int) -> bool:
    return (whole(one.get("value")) or 0) > value and one.get("preemptionPolicy") != "Never"


def same_nodes(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both request the same devices, of nodes that they select by the same labels."""
    nodes, devices = _nodes(one), _devices(one)
    return bool(nodes and devices) and (nodes, devices) == (_nodes(other), _devices(other))


def _nodes(spec: Mapping[str, Any]) -> dict[str, str]:
    selected = as_dict(spec.get("nodeSelector"))
    return {key: text(selected[key]) for key in _NODES if key in selected}


def _devices(spec: Mapping[str, Any]) -> set[str]:
    return {
        name
        for _, container in maps(spec.get("containers"))
        for name in _DEVICES
        if at(container, "resources", "limits", name) is not None
    }
