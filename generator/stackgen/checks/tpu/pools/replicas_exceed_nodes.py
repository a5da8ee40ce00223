"""Pods that each need a node of their own, and too few nodes for them or for their update."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.update_surge import surge_of
from stackgen.checks.tpu.pools.wanted import wanted
from stackgen.checks.tpu.view import View, view
from stackgen.facts.pools import Pools
from stackgen.facts.shape import as_dict, as_list, at, maps
from stackgen.facts.templates import templates
from stackgen.facts.workloads import COMPUTE_CLASS, GPU, GPU_ACCELERATOR, NODE_POOL, Workload
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.net.selectors import selector
from stackgen.platforms.registry import service_workloads
from stackgen.wording import counted

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_HOST = "kubernetes.io/hostname"


def check(context: Context) -> Violations:
    """Servers that are single Pods, on pools of the input. TPU Pods have other rules."""
    seen = view(context)
    if not seen.pools:
        return
    services = service_workloads(seen.catalog, context.release, context.bundle)
    for resource in context.bundle.objects:
        for workload in templates(resource, services):
            single = workload.size.value == 1 and not workload.tpu_containers
            if seen.may_add_pools(workload):
                continue
            if single and workload.serving and workload.service is None:
                yield from _violations(context, seen, workload)


def _violations(context: Context, seen: View, workload: Workload) -> Violations:
    most, apart = wanted(context, workload), _apart(workload)
    replicas, here = most if most is not None else (0, Place(workload.resource, ()))
    pools = _pools(seen, workload)
    if not replicas or not pools or COMPUTE_CLASS in workload.labels or None in pools.most:
        return
    each = _gpus(workload)
    if not apart and (not each or any(p.gpus and not p.requestable_gpus for p in pools)):
        return
    room = sum(
        nodes * (1 if apart else gpus // each if each else 0)
        for gpus, nodes in pools.nodes_by_gpus.items()
    )
    name, why = workload.display_name, "a node of its own for each" if apart else "their GPUs"
    told = NODE_POOL in workload.labels  # by gpu-replicas-exceed-pool
    if replicas > room and (apart or (room and not told)):
        yield violation(
            f"{name} has {replicas} replicas that need {why}; the node pools have "
            + (f"at most {counted(room, 'node')}" if apart else f"room for {room}"),
            here,
            *pools.places,
            severity=None if apart else Severity.WARNING,
        )
    elif replicas <= room and workload.resource.kind == "Deployment":
        surge = surge_of(workload, replicas)
        if surge is not None and replicas + surge > room:
            yield violation(
                f"a rollout of {name} needs room for {replicas + surge} Pods while the old ones "
                f"run; the node pools have room for {room}",
                here,
                *pools.places,
            )


def _pools(seen: View, workload: Workload) -> Pools:
    """The pools that the Pods may use, if a selector tells them from the others."""
    if not {NODE_POOL, GPU_ACCELERATOR} & set(workload.labels):
        return Pools()
    return seen.pools_near(workload, "all", workload.labels)


def _apart(workload: Workload) -> bool:
    """Whether each Pod has to be on another node than those of the same template."""
    labels = as_dict(workload.resource.get(*workload.template_path, "metadata", "labels"))
    own = {key: str(value) for key, value in labels.items()}
    terms = as_list(at(workload.spec, "affinity", "podAntiAffinity", _REQUIRED))
    return any(
        term.get("topologyKey") == _HOST
        and term.get("labelSelector")
        and selector(term["labelSelector"]).matches(own) is True
        for _, term in maps(terms)
    )


def _gpus(workload: Workload) -> int:
    return sum(c.amount(GPU) or 0 for c in workload.containers if not c.init)
