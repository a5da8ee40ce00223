"""A Pod that the admission webhook of GKE Autopilot rejects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.facts.workloads import GPU, GPU_ACCELERATOR, NODE_POOL
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

_CLASS = "cloud.google.com/compute-class"


def check(context: Context) -> Violations:
    """Judged where every cluster of the input is one of Autopilot."""
    every = (*context.bundle.of_kind("ContainerCluster"), *context.bundle.outside)
    clusters = [one for one in every if one.kind == "ContainerCluster"]
    if not clusters or not all(one.get("spec", "enableAutopilot") is True for one in clusters):
        return
    for pod in pod_specs(context):
        for path, said in _refused(pod.spec):
            yield violation(said, pod.place(*path, key=True))


def _refused(spec: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    selector = as_dict(spec.get("nodeSelector"))
    asks = any(
        GPU in as_dict(at(container, "resources", "limits"))
        for _, container in maps(spec.get("containers"))
    )
    if NODE_POOL in selector:
        yield ("nodeSelector", NODE_POOL), f"Autopilot does not allow the node selector {NODE_POOL}"
    if asks and GPU_ACCELERATOR not in selector and _CLASS not in selector:
        yield (
            ("nodeSelector",),
            f"the Pod requests a GPU and selects neither {GPU_ACCELERATOR} nor {_CLASS}",
        )
    for i, toleration in maps(spec.get("tolerations")):
        if text(toleration.get("key")) == GPU and not asks:
            yield (
                ("tolerations", i),
                f"Autopilot does not allow the toleration {GPU} of a Pod without a GPU",
            )
