"""What calls Pods: webhooks, collectors of metrics, load balancers, and other Pods by address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.network.envoy_needs import of_rate_limits
from stackgen.checks.network.istio_needs import of_virtual_services
from stackgen.checks.network.needs import Need, need
from stackgen.checks.network.routed_needs import Routed, checks, on
from stackgen.checks.network.unseen import (
    STRANGER,
    api_server,
    networks_of_the_cluster,
)
from stackgen.checks.network.view import View
from stackgen.checks.serving.chain import ApiObject
from stackgen.checks.serving.monitors import Target, targets
from stackgen.facts.chart_pools import release_of
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.config_values import addresses_of_configs
from stackgen.facts.service_addresses import addresses_of
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net import addresses as a
from stackgen.net.model import Endpoint, External, Node, Pod
from stackgen.regex import regex

COLLECTORS = tuple(
    Pod(space, "collector", labels={"app.kubernetes.io/name": "collector"})
    for space in ("gmp-system", "gke-gmp-system")
)
CLIENTS = External("clients", a.EVERYWHERE)
NODE = Node("another node", local=False)
AGENT = Pod("kube-system", "konnectivity-agent", complete=False)
_GMP = "monitoring.googleapis.com"
_ADMISSION = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_LWS = "leaderworkerset.sigs.k8s.io/"
_STACK = "kube-prometheus-stack"
# Charts of other programs that read the monitors of the Prometheus operator.
_READERS = regex(r"victoria|alloy|monitoring|opentelemetry|datadog|newrelic|agent")
# What gives the objects of the chart other names.
_RENAMED = ("nameOverride", "fullnameOverride", "cleanPrometheusOperatorObjectNames")
_LONGEST = 26  # characters of its names
_GKE_INGRESS = ("", "gce", "gce-internal")


def calls(seen: View, routed: Routed) -> Iterator[Need]:
    """Every need that comes from what calls a Pod."""
    yield from _webhooks(routed)
    for target in targets(seen.context):
        yield from _scrapes(seen, target)
    yield from _load_balancers(routed)
    yield from _ingresses(routed)
    yield from _addresses(seen, routed)
    yield from of_virtual_services(seen.context.bundle, routed)
    yield from of_rate_limits(seen.context.bundle, routed)


def _webhooks(routed: Routed) -> Iterator[Need]:
    """The API server to webhooks and to the servers of aggregated APIs."""
    for ref in _services_of_api_server(routed):
        namespace, name = text(ref.get("namespace")), text(ref.get("name"))
        service = routed.links.find("Service", namespace, name, "")
        if service is not None:
            pods, ports = routed.behind(service, ref.get("port", 443))
            for pod in pods:
                yield need(pod, "ingress", _callers(), ports, "the API server")


def _services_of_api_server(routed: Routed) -> Iterator[dict[str, Any]]:
    for kind in _ADMISSION:
        for configuration in routed.links.of(kind):
            for _, hook in maps(configuration.data.get("webhooks")):
                yield as_dict(as_dict(hook.get("clientConfig")).get("service"))
    for served in routed.links.of("APIService"):
        yield as_dict(served.get("spec", "service"))
    for definition in routed.links.of("CustomResourceDefinition"):
        yield as_dict(definition.get("spec", "conversion", "webhook", "clientConfig", "service"))


def _callers() -> tuple[Endpoint, ...]:
    """Where the API server calls from: its own address, or Pods and nodes of the cluster."""
    return api_server(), AGENT, NODE


def _scrapes(seen: View, target: Target) -> Iterator[Need]:
    """Collectors to the Pods of a monitor."""
    google = target.resource.group == _GMP
    unseen = seen.context.bundle.once(_scrapers)
    what = "the collectors of Managed Service for Prometheus" if google else "Prometheus"
    for labelled in target.pods:
        for pod in seen.world.of_resource.get(id(labelled.owner.resource), ()):
            more = labelled.labels.items() - pod.labels.items()
            by_controller = all(key.startswith(_LWS) for key, _ in more)
            if not by_controller or not pod.labels.items() <= labelled.labels.items():
                continue
            ends = COLLECTORS if google else (*_prometheus(seen), *unseen)
            ports = on([pod], target.port)
            yield need(pod, "ingress", ends, ports, what, certain=False)


def _scrapers(bundle: Bundle) -> tuple[Pod, ...]:
    """Where Prometheus may be of which the input shows no Pod: that of its charts, or anywhere."""
    found = [one for one in installs(bundle) if one.chart.chart == _STACK]
    known = all(one.namespace and plain(one.namespace) for one in found)
    known = known and not any("namespaceOverride" in one.values for one in found)
    known = known and all(at(one.values, "prometheus", "enabled") is not False for one in found)
    others = any(_READERS.search(one.chart) for one in chart_values(bundle))
    if not found or not known or others:
        return (STRANGER,)
    return tuple(
        Pod(one.namespace, "prometheus", "Pod", labels, complete=bool(labels), role="prometheus")
        for one in sorted(found, key=lambda one: one.namespace)
        for labels in [_labels_of_prometheus(one)]
    )


def _labels_of_prometheus(install: Install) -> dict[str, str]:
    """The labels that the operator gives its Pods; empty where values or a name may change them.

    Source: kube-prometheus-stack 79, _helpers.tpl; prometheus-operator 0.86, statefulset.go.
    """
    values, release = install.values, release_of(install)
    named = any(text(values.get(key)) for key in _RENAMED)
    more = at(values, "prometheus", "prometheusSpec", "podMetadata")
    if not install.complete or not release or not plain(release) or named or more:
        return {}
    whole = release if _STACK in release else f"{release}-{_STACK}"
    name = f"{whole[:_LONGEST].rstrip('-')}-prometheus"
    return {
        "app.kubernetes.io/name": "prometheus",
        "app.kubernetes.io/managed-by": "prometheus-operator",
        "app.kubernetes.io/instance": name,
        "operator.prometheus.io/name": name,
        "operator.prometheus.io/shard": "0",
        "prometheus": name,
    }


def _prometheus(seen: View) -> Iterator[Pod]:
    """Pods of the bundle that may collect metrics."""
    for pod in seen.distinct:
        if any("prometheus" in value or "collector" in value for value in pod.labels.values()):
            yield pod


def _load_balancers(routed: Routed) -> Iterator[Need]:
    """Clients outside of the cluster to Services of type LoadBalancer."""
    for service in routed.links.of("Service", ""):
        if service.service is not None or service.get("spec", "type") != "LoadBalancer":
            continue
        ranges = a.networks(as_list(service.get("spec", "loadBalancerSourceRanges")))
        ends = (External("clients", ranges) if ranges else CLIENTS, NODE)
        for _, entry in maps(service.get("spec", "ports")):
            pods, ports = routed.behind(service, entry.get("port"))
            for pod in pods:
                what = f"clients of LoadBalancer Service {service.name}"
                yield need(pod, "ingress", ends, ports, what)


def _ingresses(routed: Routed) -> Iterator[Need]:
    """Ingress controllers to the Pods behind the Services of an Ingress."""
    for ingress in routed.links.of("Ingress", "networking.k8s.io"):
        annotations = as_dict(ingress.get("metadata", "annotations"))
        said = annotations.get("kubernetes.io/ingress.class")
        named = text(ingress.get("spec", "ingressClassName") or said)
        for backend in _backends(ingress):
            service = routed.service(ingress.namespace, text(backend.get("name")))
            port = as_dict(backend.get("port"))
            if service is None:
                continue
            pods, ports = routed.behind(service, port.get("number", port.get("name")))
            for pod in pods:
                google: tuple[Endpoint, ...] = (checks(), networks_of_the_cluster())
                ends = google if named in _GKE_INGRESS else ()
                if named not in ("gce", "gce-internal"):
                    ends = (*ends, STRANGER, *_controllers(routed.seen))
                what = f"the controller of Ingress {ingress.name}"
                yield need(pod, "ingress", ends, ports, what)


def _backends(ingress: ApiObject) -> Iterator[dict[str, Any]]:
    yield as_dict(ingress.get("spec", "defaultBackend", "service"))
    for _, rule in maps(ingress.get("spec", "rules")):
        for _, path in maps(as_dict(rule.get("http")).get("paths")):
            yield as_dict(as_dict(path.get("backend")).get("service"))


def _controllers(seen: View) -> Iterator[Pod]:
    """Pods of the bundle that may be an ingress controller."""
    for pod in seen.distinct:
        if any("ingress" in value or "traefik" in value for value in pod.labels.values()):
            yield pod


def _addresses(seen: View, routed: Routed) -> Iterator[Need]:
    """Pods to the Services whose addresses their containers have, or the ConfigMaps of these.

    Between Pods of one mesh, the proxies of Linkerd and the tunnels of Istio's ambient mode use
    ports of their own.
    """
    tunneled = {n.name for n in seen.context.bundle.of_kind("Namespace", "") if _tunnels(n)}
    for pod in seen.world.pods:
        own = pod.resource.namespace if pod.resource is not None else pod.namespace
        named = (*addresses_of(pod.spec), *addresses_of_configs(seen.context.bundle, own, pod.spec))
        for name, space, port in dict.fromkeys(
            (one.name, one.namespace or own, one.port) for one in named if one.port
        ):
            service = routed.service(space, name)
            if service is None:
                continue
            pods, ports = routed.behind(service, port)
            others = tuple(
                x for x in pods if x is not pod and not {pod.namespace, x.namespace} <= tunneled
            )
            what = f"Service {space or 'default'}/{name}"
            if others:
                yield need(pod, "egress", others, ports, what, certain=False, own=True)
            for other in others:
                by = f"{pod.namespace}/{pod.name}, which has its address"
                yield need(other, "ingress", (pod,), ports, by, certain=False)


def _tunnels(namespace: Resource) -> bool:
    given = namespace.metadata
    return (
        as_dict(given.get("annotations")).get("linkerd.io/inject") in ("enabled", "ingress")
        or as_dict(given.get("labels")).get("istio.io/dataplane-mode") == "ambient"
    )
