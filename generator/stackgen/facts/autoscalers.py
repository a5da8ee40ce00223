"""HorizontalPodAutoscalers and ScaledObjects of the input, and what each scales."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record

_KINDS = (("HorizontalPodAutoscaler", "autoscaling"), ("ScaledObject", "keda.sh"))
# The fields of the maximum and of the minimum, by kind, and the default of the minimum.
_MOST = {"HorizontalPodAutoscaler": "maxReplicas", "ScaledObject": "maxReplicaCount"}
_LEAST = {"HorizontalPodAutoscaler": ("minReplicas", 1), "ScaledObject": ("minReplicaCount", 0)}


@record
class ResourceMetric:
    """A metric that is a share of what containers request. container: "" for all of the Pod."""

    name: str
    container: str
    path: Path


@record
class Autoscaler:
    """kind, name: of what it scales."""

    resource: Resource
    kind: str
    name: str

    @property
    def limit(self) -> Path:
        """The field of the most replicas."""
        return ("spec", _MOST[self.resource.kind])

    @property
    def most(self) -> int | None:
        """The most replicas; None where that is not known."""
        return whole(self.resource.get(*self.limit))

    @property
    def least(self) -> tuple[int | None, Path]:
        """The fewest replicas, 0 where all may go, and the field; the count None if not known."""
        field, usual = _LEAST[self.resource.kind]
        given = self.resource.get("spec", field)
        path = self.limit if given is None else ("spec", field)
        if self.resource.get("spec", "idleReplicaCount") == 0:
            return 0, path
        return usual if given is None else whole(given), path

    @property
    def target(self) -> tuple[str, str, str]:
        """Kind, namespace and name of what it scales."""
        return self.kind, self.resource.namespace, self.name

    def shares(self) -> Iterator[ResourceMetric]:
        """Its metrics of CPU or memory as a share of the requests."""
        if self.resource.kind == "ScaledObject":
            yield from _triggers(self.resource)
        else:
            yield from _metrics(self.resource)


def autoscalers(bundle: Bundle) -> Iterator[Autoscaler]:
    """Every autoscaler of the input that names what it scales."""
    for kind, group in _KINDS:
        for resource in bundle.of_kind(kind, group):
            ref = as_dict(resource.get("spec", "scaleTargetRef"))
            if text(ref.get("name")):
                target = text(ref.get("kind")) or "Deployment"
                yield Autoscaler(resource, target, text(ref.get("name")))


def _metrics(resource: Resource) -> Iterator[ResourceMetric]:
    for i, metric in maps(resource.get("spec", "metrics")):
        for source in ("resource", "containerResource"):
            given = as_dict(metric.get(source))
            target = as_dict(given.get("target"))
            if target.get("type") == "Utilization" or "averageUtilization" in target:
                path = ("spec", "metrics", i, source)
                yield ResourceMetric(text(given.get("name")), text(given.get("container")), path)
    if resource.get("spec", "targetCPUUtilizationPercentage") is not None:
        yield ResourceMetric("cpu", "", ("spec", "targetCPUUtilizationPercentage"))


def _triggers(resource: Resource) -> Iterator[ResourceMetric]:
    for i, trigger in maps(resource.get("spec", "triggers")):
        name, data = text(trigger.get("type")), as_dict(trigger.get("metadata"))
        how = text(trigger.get("metricType")) or text(data.get("type"))
        if name in ("cpu", "memory") and how == "Utilization":
            container = text(data.get("containerName"))
            yield ResourceMetric(name, container, ("spec", "triggers", i))
