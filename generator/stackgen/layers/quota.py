"""What bounds the accelerators of the serving namespace: only what its models take."""

from __future__ import annotations

from math import prod
from typing import Any

from stackgen.origin import Traced, When, computed, literal, picked
from stackgen.plan.model import SURGE_PERCENT, ModelPlan, Plan
from stackgen.render.devices import pod_devices
from stackgen.render.objects import Rendered, Scope, obj

RESOURCES = ("google.com/tpu", "nvidia.com/gpu")


def quota(plan: Plan, folder: str) -> Rendered:
    """The ResourceQuota: for each kind of accelerator, all replicas and those of an update."""
    hard = {}
    for resource in RESOURCES:
        taken = [_taken(m) for m in plan.servers if pod_devices(plan, m).resource == resource]
        total = computed(
            "accelerators of all models", "every replica, and those that start during an update",
            lambda each: str(sum(each)), taken,
        )  # fmt: skip
        pools = [named for model in plan.servers for named in _named(model)]
        there = literal(bool(taken), "serving/quota", "by the models' pools")
        used = picked("kind of accelerator", "by the models' pools", there, *pools)
        hard[f"requests.{resource}"] = When(used, total)
    return obj(
        Scope(plan, folder, plan.stack.spec.serving.namespace), "v1", "ResourceQuota",
        "accelerators", {"spec": {"hard": hard}}, rule="serving/quota",
        when=plan.stack.spec.serving.quota,
        why="a typing error in a replica count must not take every node",
    )  # fmt: skip


def _named(model: ModelPlan) -> list[Traced[Any]]:
    return [model.spec.nodePool, model.pool.spec.accelerator]


def _taken(model: ModelPlan) -> Traced[int]:
    """Accelerators of the model's Pods, with those that an update adds for a while."""
    return computed(
        "(replicas + surge) x accelerators", f"an update adds {SURGE_PERCENT} %, rounded up",
        lambda replicas, count, hosts, _: (
            (replicas + -(-replicas * SURGE_PERCENT // 100)) * count * prod(hosts)
        ),
        model.most, model.server.devices.count,
        [model.pool.slice.hosts] if model.pool.slice is not None else [], _named(model),
    )  # fmt: skip
