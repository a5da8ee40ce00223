"""What Kueue needs to form the slices of a node pool: Topology, flavor, check and queues."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.origin import Traced, any_of, computed, picked
from stackgen.plan.capacity import nodes
from stackgen.plan.model import Plan, PoolPlan
from stackgen.plan.nodes import node
from stackgen.plan.slices import Slice, is_dynamic
from stackgen.render.model_pod import FOLDER
from stackgen.render.objects import POOL_LABEL, Rendered, Scope, obj

_NAME = "dynamic-slices"  # of what all pools share
_RULE = "serving/slice-queue"


def dynamic_slices(plan: Plan) -> Iterator[Rendered]:
    """Topology and check once, then flavor and queues of each pool with dynamic slices."""
    fact = plan.catalog.gke("dynamic-slicing")
    some = any_of(*(is_dynamic(pool.spec) for pool in plan.pools))
    levels = [{"nodeLabel": level} for level in fact.data["levels"]]
    shared = {
        "Topology": {"levels": levels},
        "AdmissionCheck": {"controllerName": fact.value("controller")},
    }
    for kind, spec in shared.items():
        yield obj(
            Scope(plan, FOLDER), fact.value("queues"), kind, _NAME, {"spec": spec}, when=some,
            rule=_RULE, why="Kueue places Pods in partitions, and waits for GKE's slice controller",
        )  # fmt: skip
    for pool in plan.pools:
        if isinstance(pool.shape, Slice):
            yield from _queues(plan, pool, pool.shape)


def _queues(plan: Plan, pool: PoolPlan, shape: Slice) -> Iterator[Rendered]:
    name, api = pool.spec.name, plan.catalog.gke("dynamic-slicing").value("queues")
    bodies: dict[str, dict[str, Any]] = {
        "ResourceFlavor": {
            "nodeLabels": {
                "cloud.google.com/gke-tpu-accelerator": shape.accelerator_label, POOL_LABEL: name,
            },
            "topologyName": _NAME,
        },
        "ClusterQueue": {
            "namespaceSelector": {"matchLabels": {
                "kubernetes.io/metadata.name": plan.stack.spec.serving.namespace
            }},
            "admissionChecksStrategy": {"admissionChecks": [{"name": _NAME}]},
            "resourceGroups": [_resources(plan, pool, shape)],
        },
        "LocalQueue": {"clusterQueue": name},
    }  # fmt: skip
    for kind, spec in bodies.items():
        space = plan.stack.spec.serving.namespace if kind == "LocalQueue" else None
        yield obj(
            Scope(plan, FOLDER, space), api, kind, name, {"spec": spec},
            when=is_dynamic(pool.spec), rule=_RULE,
            why="the servers of a pool wait here until their slice is formed",
        )  # fmt: skip


def _resources(plan: Plan, pool: PoolPlan, shape: Slice) -> dict[str, Any]:
    """All that the nodes have: Kueue admits no Pod with a resource that its queue does not cover.

    The quota is all of the nodes: what forms is decided by the partitions.
    """
    _, most = nodes(plan, pool, plan.catalog.copy())
    why = "what all nodes of the pool have"
    left = node(pool.machine_type, plan.catalog.copy())
    disk: Traced[Any] = plan.catalog.gke("boot-disk").value("default_gb")
    disk = computed("disk", why, lambda own, usual: own or usual, pool.spec.diskSizeGb, disk)
    each: dict[str, tuple[Traced[Any], str]] = {
        "google.com/tpu": (shape.chips_per_host, ""), "ephemeral-storage": (disk, "G"),
    }  # fmt: skip
    if left is not None:
        each |= {"cpu": (left[0], ""), "memory": (left[1], "Gi")}
    return {
        "coveredResources": list(each),
        "flavors": [{
            "name": picked("name", why, pool.spec.name),
            "resources": [
                {"name": resource, "nominalQuota": computed(
                    "nodes x resources of a node", why,
                    lambda amount, most, unit=unit: f"{int(amount * most)}{unit}", amount, most,
                )}
                for resource, (amount, unit) in each.items()
            ],
        }],
    }  # fmt: skip
