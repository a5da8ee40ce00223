"""An autoscaler that scales nothing, or fights the controller."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.names import Names
from stackgen.kserve.shape import mapping, text

RULE = Rule(
    id="serving-scale-target",
    family="serving",
    severity=Severity.WARNING,
    summary=(
        "An autoscaler aims at a Deployment that KServe does not make, or whose replicas the "
        "service sets."
    ),
    impact="Nothing is scaled, or the number of pods goes up and down between the two for ever.",
    remedy="Aim at <name>-kserve, and leave spec.replicas out.",
    source=(
        "KServe workload_single_node.go: Deployment <name>-kserve with the replicas of the service"
    ),
    confidence="medium",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: qwen, namespace: serving}
spec:
  minReplicas: 1
  maxReplicas: 4
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: qwen}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: qwen, namespace: serving}
spec:
  minReplicas: 1
  maxReplicas: 4
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: qwen-kserve}
""",
)


_KINDS = (("HorizontalPodAutoscaler", "autoscaling"), ("ScaledObject", "keda.sh"))


def check(context: Context) -> Iterator[Finding]:
    """Autoscalers in the namespace of a service of the input, by the name they aim at."""
    links = chain(context)
    for kind, group in _KINDS if links.view.services else ():
        for resource in context.bundle.of_kind(kind, group):
            ref = mapping(resource.get("spec", "scaleTargetRef"))
            name, target = text(ref.get("name")), text(ref.get("kind")) or "Deployment"
            for service in links.view.services:
                if service.namespace != resource.namespace or target != "Deployment":
                    continue
                child = Names(service.name).child("-kserve")
                place = Place(resource, ("spec", "scaleTargetRef", "name"))
                made = links.find("Deployment", service.namespace, name, "apps")
                if name == service.name and made is None:
                    yield RULE.finding(
                        f"there is no Deployment {name}: KServe makes {child}", place
                    )
                elif name == child and service.own.get("replicas") is not None:
                    yield RULE.finding(
                        f"{service.name} sets replicas, and {kind} {resource.name} scales it",
                        place,
                        service.place("spec", "replicas", note="set here"),
                    )
