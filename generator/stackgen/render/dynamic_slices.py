"""What Pods and workloads have of which GKE forms the slice when they start."""

from __future__ import annotations

from typing import Any

from stackgen.origin import Because, Traced, When, computed
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.slices import Slice, is_dynamic

_RULE = "serving/dynamic-slice"
QUEUE = "kueue.x-k8s.io/queue-name"


def state_label(plan: Plan, shape: Slice) -> Traced[str]:
    """The label of nodes that says whether a slice can form there."""
    fact = plan.catalog.gke("dynamic-slicing")
    return computed(
        "partition of the slice", "a slice is a part of a partition, or several of them",
        lambda topology, parts, whole: (
            f"cloud.google.com/gke-tpu-partition-{topology if topology in parts else whole}-state"
        ),
        shape.topology, fact.value("sub_slices"), fact.value("partition"),
    )  # fmt: skip


def slice_annotations(model: ModelPlan) -> dict[str, Any]:
    """Of the Pods: the slice that they are for."""
    shape = model.pool.slice
    if shape is None:
        return {}
    dynamic, why = is_dynamic(model.pool.spec), "no node has the topology until the slice forms"
    return {
        "cloud.google.com/gke-tpu-slice-topology": When(dynamic, shape.topology),
        "cloud.google.com/skip-tpu-webhook-check": When(dynamic, Because("true", _RULE, why)),
    }


def queued(model: ModelPlan) -> dict[str, Any]:
    """The label of the workload, by which Kueue admits it once its slice is there."""
    why = "Kueue forms the slice, and starts the Pods after it"
    name = Because(model.pool.spec.name, _RULE, why)
    return {QUEUE: When(is_dynamic(model.pool.spec), name)}
