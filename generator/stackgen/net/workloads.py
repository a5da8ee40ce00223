"""The pods that the objects of a bundle make: workloads, KServe's services, Istio's gateways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.addresses import network
from stackgen.net.kserve_pods import pods_of_service
from stackgen.net.model import Namespace, Pod
from stackgen.net.selectors import labels_of

GATEWAY_LABEL = "gateway.networking.k8s.io/gateway-name"
# Where the pod template is, by API group and kind.
TEMPLATES: dict[tuple[str, str], tuple[Path, ...]] = {
    ("apps", "Deployment"): (("spec", "template"),),
    ("apps", "ReplicaSet"): (("spec", "template"),),
    ("apps", "StatefulSet"): (("spec", "template"),),
    ("apps", "DaemonSet"): (("spec", "template"),),
    ("", "ReplicationController"): (("spec", "template"),),
    ("batch", "Job"): (("spec", "template"),),
    ("batch", "CronJob"): (("spec", "jobTemplate", "spec", "template"),),
    ("argoproj.io", "Rollout"): (("spec", "template"),),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): (
        ("spec", "leaderWorkerTemplate", "leaderTemplate"),
        ("spec", "leaderWorkerTemplate", "workerTemplate"),
    ),
}


def pods_of(resources: Iterable[Resource]) -> list[Pod]:
    """The pods, in order of their objects; those that other workloads of the set own left out."""
    return [pod for resource in resources for pod in _pods(resource)]


def _pods(resource: Resource) -> Iterator[Pod]:
    if resource.group == "serving.kserve.io" and resource.kind == "LLMInferenceService":
        yield from pods_of_service(resource)
    elif resource.group == "gateway.networking.k8s.io" and resource.kind == "Gateway":
        if str(resource.get("spec", "gatewayClassName") or "").startswith("istio"):
            yield _gateway(resource)
    elif (resource.group, resource.kind) == ("", "Pod"):
        yield _pod(resource, resource.data, resource.name)
    elif not resource.metadata.get("ownerReferences"):
        for path in TEMPLATES.get((resource.group, resource.kind), ()):
            template = resource.get(*path)
            if isinstance(template, dict):
                suffix = "-leader" if path[-1] == "leaderTemplate" else ""
                yield _pod(resource, template, resource.name + suffix)


def _pod(resource: Resource, template: dict[str, Any], name: str) -> Pod:
    spec = template.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    status = template.get("status")
    address = status.get("podIP") if isinstance(status, dict) else None
    return Pod(
        resource.namespace or "default", name, resource.kind,
        labels_of(template.get("metadata")), _named_ports(spec),
        host_network=spec.get("hostNetwork") is True,
        addresses=network(address), resource=resource,
    )  # fmt: skip


def _named_ports(spec: dict[str, Any]) -> dict[tuple[str, str], int]:
    found = {}
    for field in ("initContainers", "containers"):
        containers = spec.get(field)
        for container in containers if isinstance(containers, list) else ():
            ports = container.get("ports") if isinstance(container, dict) else None
            for port in ports if isinstance(ports, list) else ():
                if isinstance(port, dict) and isinstance(port.get("containerPort"), int):
                    key = (str(port.get("protocol") or "TCP"), str(port.get("name") or ""))
                    if key[1]:
                        found[key] = port["containerPort"]
    return found


def _gateway(resource: Resource) -> Pod:
    """The proxy pods that Istio makes for a Gateway. Source: istio 1.27 kube-gateway template."""
    given = resource.get("spec", "infrastructure")
    name = resource.name
    return Pod(
        resource.namespace or "default", f"{name}-istio", "Deployment",
        {
            **labels_of(given),
            GATEWAY_LABEL: name,
            "gateway.istio.io/managed": "istio.io-gateway-controller",
        },
        role="gateway", owner=name, resource=resource,
    )  # fmt: skip


def namespaces_of(resources: Iterable[Resource]) -> dict[str, Namespace]:
    """The declared namespaces, by name."""
    return {
        r.name: Namespace(r.name, labels_of(r.metadata))
        for r in resources
        if (r.group, r.kind) == ("", "Namespace") and r.name
    }
