"""The Pods that the objects of a bundle make: workloads, services of platforms, gateways."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.chart_pools import chart_pools
from stackgen.facts.containers import containers
from stackgen.facts.gateway_controllers import controller_named
from stackgen.facts.pod_templates import kind_of, pod_templates
from stackgen.facts.shape import maps
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.addresses import network
from stackgen.net.model import Namespace, Pod
from stackgen.net.selectors import labels_of
from stackgen.platforms.model import PARTS, PredictedPod
from stackgen.platforms.registry import predictions


def pod_of_template(resource: Resource, template: dict[str, Any], name: str, kind: str = "") -> Pod:
    """The Pods called `name` that `template` describes; `resource` is the object behind them."""
    spec = template.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    status = template.get("status")
    address = status.get("podIP") if isinstance(status, dict) else None
    return Pod(
        resource.namespace or "default", name, kind or resource.kind,
        labels_of(template.get("metadata")), _named_ports(spec),
        host_network=spec.get("hostNetwork") is True,
        addresses=network(address), resource=resource, spec=spec,
    )  # fmt: skip


def _named_ports(spec: dict[str, Any]) -> dict[tuple[str, str], int]:
    found = {}
    for _, container in containers(spec):
        for _, port in maps(container.get("ports")):
            key = (str(port.get("protocol") or "TCP"), str(port.get("name") or ""))
            if key[1] and isinstance(port.get("containerPort"), int):
                found[key] = port["containerPort"]
    return found


_GATEWAY_API = "gateway.networking.k8s.io"
GATEWAY_LABEL = f"{_GATEWAY_API}/gateway-name"
Services = dict[tuple[str, str], Callable[[Resource], Iterator[PredictedPod]]]


def pods_of(
    bundle: Bundle, release: Row | None = None, catalog: Catalog | None = None
) -> list[Pod]:
    """The Pods, in order of their objects; those that other workloads of the set own left out.

    release: the row whose controllers make the Pods of services; the newest of `catalog` that fits
    unless given.
    """
    rows = catalog or Catalog()
    services: Services = {
        service: found.pods(bundle, release if _is_of(release, name) else None, rows)
        for name, found in predictions().items()
        for service in found.services
    }
    for found in predictions().values():
        services |= {kind: partial(made, bundle) for kind, made in found.part_pods.items()}
    classes = {
        resource.name: str(resource.get("spec", "controllerName") or "")
        for resource in bundle.objects
        if (resource.group, resource.kind) == (_GATEWAY_API, "GatewayClass")
    }
    pods = [pod for resource in bundle.objects for pod in _pods(resource, services, classes)]
    return [*pods, *_pickers(bundle)]


def _pickers(bundle: Bundle) -> Iterator[Pod]:
    """The endpoint pickers of charts. Another major version may give them more labels."""
    for pool in chart_pools(bundle):
        labels, chart = pool.picker_labels, pool.install.chart
        same = chart.given.partition(".")[0] == chart.version.partition(".")[0]
        if labels and pool.namespace:
            yield Pod(
                pool.namespace, pool.picker, "Deployment", labels,
                {("TCP", "grpc"): 9002, ("TCP", "grpc-health"): 9003, ("TCP", "metrics"): 9090},
                complete=same or not chart.far, resource=pool.install.parts[0].by,
            )  # fmt: skip


def _is_of(release: Row | None, platform: str) -> bool:
    return release is not None and release.data.get("platform") == platform


def _pods(resource: Resource, services: Services, classes: Mapping[str, str]) -> Iterator[Pod]:
    predicted = services.get((resource.group, resource.kind))
    if predicted is not None:
        for made in predicted(resource):
            pod = pod_of_template(resource, made.template, made.name, made.kind)
            yield dataclasses.replace(
                pod, role=made.role, owner=resource.name,
                complete=made.role not in PARTS or made.labels_known, ports_known=made.ports_known,
            )  # fmt: skip
    elif resource.group == _GATEWAY_API and resource.kind == "Gateway":
        name = str(resource.get("spec", "gatewayClassName") or "")
        row = controller_named(name, classes.get(name))
        of = row.name if row is not None else ""
        if of == "Istio" or (name.startswith("istio") and name not in classes):
            yield _gateway(resource)
        elif of == "Envoy Gateway" and name == "envoy":
            yield _envoy(resource)
    elif resource.kind == "Pod" or not resource.metadata.get("ownerReferences"):
        for template in pod_templates(resource):
            suffix = f"-{template.part}" if template.part in ("leader", "head") else ""
            pod = pod_of_template(resource, template.data, resource.name + suffix)
            kind = kind_of(resource)
            more = kind is not None and kind.more_labels
            yield dataclasses.replace(pod, complete=False) if more else pod


def _gateway(resource: Resource) -> Pod:
    """The proxy Pods that Istio makes for a Gateway. Source: istio 1.27 kube-gateway template."""
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


def _envoy(resource: Resource) -> Pod:
    """The proxies of Envoy Gateway, beside their Gateway as the stack's values say.

    Source: envoyproxy/gateway v1.8.1 internal/infrastructure/kubernetes/proxy.
    """
    name, owner = resource.name, "gateway.envoyproxy.io/owning-gateway"
    return Pod(
        resource.namespace or "default", name, "Deployment",
        {
            **labels_of(resource.get("spec", "infrastructure")),
            GATEWAY_LABEL: name,
            "app.kubernetes.io/name": "envoy",
            "app.kubernetes.io/component": "proxy",
            "app.kubernetes.io/managed-by": "envoy-gateway",
            f"{owner}-name": name,
            f"{owner}-namespace": resource.namespace or "default",
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
