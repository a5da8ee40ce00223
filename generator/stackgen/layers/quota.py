"""What bounds the accelerators of the serving namespace: what its models take, and no more."""

from __future__ import annotations

from stackgen.layers.devices import pod_devices
from stackgen.layers.objects import Made, obj
from stackgen.origin import Traced, When, computed
from stackgen.plan.model import ModelPlan, Plan

RESOURCES = ("google.com/tpu", "nvidia.com/gpu")
# A Deployment starts that share of its pods anew before it stops old ones: Kubernetes' default of
# maxSurge, which KServe leaves as it is.
SURGE_PERCENT = 25


def quota(plan: Plan, folder: str) -> Made:
    """The ResourceQuota: for each kind of accelerator, all replicas and those of an update."""
    hard = {}
    for resource in RESOURCES:
        taken = [_taken(m) for m in plan.models if pod_devices(plan, m).resource == resource]
        total = computed(
            "accelerators of all models", "every replica, and those that start during an update",
            str(sum(n.value for n in taken)), *taken,
        )  # fmt: skip
        pools = [named for model in plan.models for named in _named(model)]
        used = computed("kind of accelerator", "by the models' pools", bool(taken), *pools)
        hard[f"requests.{resource}"] = When(used, total)
    return obj(
        plan, folder, "v1", "ResourceQuota", "accelerators", {"spec": {"hard": hard}},
        namespace=plan.stack.spec.serving.namespace,
        rule="serving/quota", why="a typing error in a replica count must not take every node",
    )  # fmt: skip


def _named(model: ModelPlan) -> list[Traced[str | None]]:
    pool = model.spec.nodePool
    return [Traced(pool.value, pool.origin), model.pool.spec.accelerator]


def _taken(model: ModelPlan) -> Traced[int]:
    """Accelerators of the model's pods, with those that an update adds for a while."""
    replicas, count = model.spec.replicas, model.server.devices.count
    pods = replicas.value + -(-replicas.value * SURGE_PERCENT // 100)
    hosts = [model.pool.slice.hosts] if model.pool.slice is not None else []
    return computed(
        "(replicas + surge) x accelerators", f"an update adds {SURGE_PERCENT} %, rounded up",
        pods * count.value * (hosts[0].value if hosts else 1),
        replicas, count, *hosts, *_named(model),
    )  # fmt: skip
