"""Servers on a GPU that several Pods share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import pod_runs
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.digits import to_int
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, as_list, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.yaml_in import parse

_CLIENTS = "cloud.google.com/gke-max-shared-clients-per-gpu"
_GPU, _SHARED = "nvidia.com/gpu", "nvidia.com/gpu.shared"
_UTILIZATION, _USUAL = "gpu-memory-utilization", 0.9


def check(context: Context) -> Violations:
    """Requests that GKE rejects, then servers that together take more memory than the GPU has."""
    for pod in pod_specs(context):
        if _of_gke(pod) is not None:
            for path, container in pod.containers():
                count = whole(_limits(container).get(_GPU))
                if count is not None and count > 1:
                    yield violation(
                        f"the container requests {count} GPUs; of shared GPUs GKE gives one",
                        pod.place(*path, "resources", "limits", _GPU),
                    )
    sliced = max(_replicas(context), default=1)
    for pod, _, run in pod_runs(context):
        limits = _limits(run.container)
        clients = _of_gke(pod) or (sliced if _GPU in limits else 2 if _SHARED in limits else 1)
        given = run.line.text(_UTILIZATION)
        share = _share(given) if _UTILIZATION in run.line.flags else _USUAL
        vllm = run.running.engine.name.startswith("vllm")
        if not vllm or clients < 2 or share is None or share * clients <= 1:
            continue
        said = f"--{_UTILIZATION}={given}" if given else f"{_USUAL} of the memory, the default"
        place = run.flag(_UTILIZATION) if given else Place(run.resource, run.line.path)
        yield violation(
            f"the server takes {said}; {clients} Pods share the GPU",
            place,
            severity=Severity.WARNING,
            confidence=None if _of_gke(pod) else "medium",
        )


def _limits(container: dict[str, Any]) -> dict[str, Any]:
    return as_dict(as_dict(container.get("resources")).get("limits"))


def _share(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        return None


def _of_gke(pod: PodSpec) -> int | None:
    """How many Pods share a GPU of the nodes that the Pod selects."""
    given = text(as_dict(pod.spec.get("nodeSelector")).get(_CLIENTS))
    return to_int(given) if given.isdecimal() else None


def _replicas(context: Context) -> Iterator[int]:
    """Into how many parts a configuration of the device plugin divides each GPU."""
    for resource in context.bundle.of_kind("ConfigMap", ""):
        for key, value in as_dict(resource.get("data")).items():
            if not isinstance(value, str) or "timeSlicing" not in value:
                continue
            for document in parse(value, str(key), learning=False):
                sharing = as_dict(as_dict(document.data).get("sharing"))
                for row in as_list(as_dict(sharing.get("timeSlicing")).get("resources")):
                    if as_dict(row).get("name") == _GPU:
                        yield whole(as_dict(row).get("replicas")) or 1
