"""The labels that KubeRay gives the Pods of Ray. Source: KubeRay 1.4, constant.go and pod.go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record

GROUP = "ray.io"
CLUSTER, NODE_TYPE = "ray.io/cluster", "ray.io/node-type"
NODE_TYPES = ("head", "worker", "redis-cleanup")
# Of Pods and of the Services for them; annotations are not among them.
KEYS = frozenset({
    CLUSTER, NODE_TYPE, "ray.io/group", "ray.io/identifier", "ray.io/is-ray-node", "ray.io/serve",
    "ray.io/headless-worker-svc", "ray.io/originated-from-cr-name", "ray.io/originated-from-crd",
    "ray.io/scheduler-name", "ray.io/priority-class-name", "ray.io/worker-group-replica-index",
    "ray.io/worker-group-replica-name", "ray.io/replica-host-index", "ray.io/tpu-slice-name",
})  # fmt: skip
# Where each kind has the specification of its RayCluster.
CLUSTERS: Mapping[str, Path] = {
    "RayCluster": ("spec",),
    "RayService": ("spec", "rayClusterConfig"),
    "RayJob": ("spec", "rayClusterSpec"),
}


@record
class RayPods:
    """Pods of one group. count: None if it is not known, or an autoscaler sets it.

    made: the name of the RayCluster has a suffix that KubeRay makes.
    """

    owner: Resource
    labels: Mapping[str, Any]
    count: int | None
    made: bool


def ray_pods(bundle: Bundle) -> Iterator[RayPods]:
    """The Pods of all groups of the bundle."""
    for kind, base in CLUSTERS.items():
        for owner in bundle.of_kind(kind, GROUP):
            spec = as_dict(owner.get(*base))
            scales = spec.get("enableInTreeAutoscaling") is True
            head = as_dict(spec.get("headGroupSpec"))
            if head:
                yield _pods(owner, head, "head", "headgroup", 1)
            for _, group in maps(spec.get("workerGroupSpecs")):
                hosts, replicas = whole(group.get("numOfHosts", 1)), whole(group.get("replicas", 1))
                count = None if scales or hosts is None or replicas is None else hosts * replicas
                yield _pods(owner, group, "worker", text(group.get("groupName")), count)


def _pods(
    owner: Resource, group: Mapping[str, Any], node_type: str, name: str, count: int | None
) -> RayPods:
    made = owner.kind != "RayCluster"
    labels = {
        **as_dict(at(group, "template", "metadata", "labels")),
        "ray.io/is-ray-node": "yes", NODE_TYPE: node_type, "ray.io/group": name,
        **({} if made else {CLUSTER: owner.name}),
        **({"ray.io/serve": "true"} if owner.kind == "RayService" else {}),
    }  # fmt: skip
    return RayPods(owner, labels, count, made)
