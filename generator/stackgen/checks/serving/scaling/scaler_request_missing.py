"""An autoscaler that compares usage with a request that a container does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, merged_pod_specs
from stackgen.facts.autoscalers import Autoscaler, ResourceMetric, autoscalers
from stackgen.facts.shape import as_dict, at, maps
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """One finding for each metric and container of an object of the input."""
    scalers = list(autoscalers(context.bundle))
    if not scalers:
        return
    pods: dict[tuple[str, str, str], list[PodSpec]] = {}
    for pod in merged_pod_specs(context):
        key = (pod.resource.kind, pod.namespace, pod.resource.name)
        pods.setdefault(key, []).append(pod)
    defaults = {
        (limits.namespace, name)
        for limits in context.bundle.of_kind("LimitRange", "")
        for _, item in maps(limits.get("spec", "limits"))
        for field in ("default", "defaultRequest")
        for name in as_dict(item.get(field))
    }
    for scaler in scalers:
        target = (scaler.kind, scaler.resource.namespace, scaler.name)
        for metric in scaler.shares():
            if (scaler.resource.namespace, metric.name) not in defaults:
                for pod in _meant(pods.get(target, []), scaler.resource):
                    yield from _missing(scaler, metric, pod)


def _meant(pods: list[PodSpec], scaler: Resource) -> list[PodSpec]:
    """Those of the file of the scaler; else those of the only file that has the object."""
    beside = [pod for pod in pods if pod.resource.file == scaler.file]
    return beside or (pods if len({pod.resource.file for pod in pods}) == 1 else [])


def _missing(scaler: Autoscaler, metric: ResourceMetric, pod: PodSpec) -> Violations:
    place = Place(scaler.resource, metric.path)
    containers = dict(maps(pod.spec.get("containers")))
    if metric.container and all(c.get("name") != metric.container for c in containers.values()):
        yield violation(f"{scaler.kind} {scaler.name} has no container {metric.container}", place)
        return
    if at(pod.spec, "resources", "requests", metric.name) is not None:
        return  # resources of the Pod as a whole
    for i, container in containers.items():
        # A request that is not set is that of the limit.
        said = any(
            metric.name in as_dict(as_dict(container.get("resources")).get(field))
            for field in ("requests", "limits")
        )
        if not said and metric.container in ("", container.get("name")):
            yield violation(
                f"{scaler.resource.kind} {scaler.resource.name} scales by the utilization of "
                f"{metric.name}, but container {container.get('name')} has no request for it",
                place,
                pod.place("containers", i),
            )
