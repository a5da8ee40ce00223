"""The connections that the workloads of any input need, derived from the objects that connect them.

A need is one direction at one Pod. What is outside of the input is unknown: for such a peer the
question is only whether any rule opens the port at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.network.downloads import downloads_from
from stackgen.checks.network.view import View
from stackgen.checks.serving.chain import (
    GATEWAY_API,
    POOL_GROUPS,
    ApiObject,
    Chain,
    chain,
    is_pool,
    is_service,
)
from stackgen.facts.shape import as_dict, maps, text
from stackgen.net import addresses as a
from stackgen.net import ports as p
from stackgen.net.model import Endpoint, External, Pod
from stackgen.net.policies import Direction
from stackgen.net.ports import Ports
from stackgen.net.profile import data
from stackgen.net.selectors import Selector, selector
from stackgen.net.world import internet
from stackgen.record import record

XDS = p.ports("TCP", 15012)
HTTPS = p.ports("TCP", 443)
# A Service for the API server listens on 443, the API server itself often on 6443.
API_SERVER = p.union(HTTPS, p.ports("TCP", 6443))
METADATA = p.union(p.union(p.ports("TCP", 80), p.ports("TCP", 8080)), p.ports("TCP", 987, 988))
WORKLOAD_IDENTITY = "iam.gke.io/gcp-service-account"
COLLECTOR = {"app.kubernetes.io/name": "collector"}
COLLECTOR_NAMESPACES = ("gmp-system", "gke-gmp-system")
GATEWAY_REFS = ("spec", "router", "gateway", "refs")
_GATEWAY_CLASSES_OF_GKE = "gke-l7"
_ADMISSION = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


@record
class Need:
    """One direction of a connection at `pod`.

    others: the peers of which one must be reachable; empty: peers that the input does not show.
    ports: one of them must be open. what: the peer, in words. certain: a closed connection breaks
    serving, and not only an addition such as metrics.
    """

    pod: Pod
    direction: Direction
    others: tuple[Endpoint, ...]
    ports: Ports
    what: str
    certain: bool = True


def needs_of(context: Context, seen: View) -> Iterator[Need]:
    """Every need of the Pods of the input."""
    links = chain(context)
    found = _Found(seen, links)
    for pool in links.things:
        if pool.kind == "InferencePool" and pool.group in POOL_GROUPS:
            yield from found.of_pool(pool)
    for route in links.routes:
        yield from found.of_route(route)
    yield from found.of_gateways()
    yield from found.of_groups()
    yield from found.of_downloads()
    yield from found.of_webhooks()
    yield from found.of_monitors()


def serving_pods(context: Context, seen: View) -> Iterator[tuple[Pod, str]]:
    """Model servers and endpoint pickers of the input, each with what it is."""
    found = _Found(seen, chain(context))
    for pool in found.links.things:
        if pool.kind == "InferencePool" and pool.group in POOL_GROUPS:
            yield from ((pod, "endpoint picker") for pod in found.picker(pool)[0])
            yield from ((pod, "model server") for pod in found.servers(pool))
    for pod in seen.world.pods:
        if pod.role.startswith("model"):
            yield pod, "model server"


class _Found:
    """The Pods of a bundle, found by what refers to them."""

    def __init__(self, seen: View, links: Chain) -> None:
        self.seen = seen
        self.links = links
        self.routed = {
            (text(backend.get("namespace")) or route.namespace, text(backend.get("name")))
            for route in links.routes
            for _, backend in links.backends(route)
            if is_pool(backend)
        }

    def pods(self, namespace: str, wanted: Selector) -> list[Pod]:
        """The Pods of a namespace with these labels."""
        space = namespace or "default"
        candidates = self.seen.labelled.candidates(space, wanted)
        return [pod for pod in candidates if wanted.matches(pod.labels)]

    def of_pool(self, pool: ApiObject) -> Iterator[Need]:
        """Endpoint picker to servers and API server; the gateway to both."""
        servers = self.servers(pool)
        port = _target_ports(pool)
        picker, picker_port = self.picker(pool)
        for pod in picker:
            yield Need(pod, "egress", (_api_server(),), API_SERVER, "the API server")
            if servers:
                yield Need(pod, "egress", tuple(servers), port, f"model servers of {pool.name}")
            if (pool.namespace, pool.name) not in self.routed:
                yield Need(pod, "ingress", (), picker_port, "the gateway")
        for pod in servers:
            if picker:
                yield Need(pod, "ingress", tuple(picker), port, f"endpoint picker {picker[0].name}")
            if (pool.namespace, pool.name) not in self.routed:
                yield Need(pod, "ingress", (), port, "the gateway")

    def servers(self, pool: ApiObject) -> list[Pod]:
        """The Pods that a pool selects."""
        wanted = as_dict(pool.get("spec", "selector"))
        labels = wanted.get("matchLabels", wanted)
        if not isinstance(labels, dict) or not labels:
            return []
        return self.pods(pool.namespace, selector({"matchLabels": labels}))

    def picker(self, pool: ApiObject) -> tuple[list[Pod], Ports]:
        """The Pods of the endpoint picker of a pool, and the port that the gateway uses."""
        ref = as_dict(pool.get("spec", "endpointPickerRef"))
        number: Any = as_dict(ref.get("port")).get("number")
        if not ref:
            ref = as_dict(pool.get("spec", "extensionRef"))
            number = ref.get("portNumber")
        service = self.links.find("Service", pool.namespace, text(ref.get("name")), "")
        if service is None or not is_service(ref):
            return [], p.NONE
        return self.behind(service, number if isinstance(number, int) else 9002)

    def behind(self, service: ApiObject, port: Any) -> tuple[list[Pod], Ports]:
        """The Pods of a Service, and what its port is on them."""
        labels = service.get("spec", "selector")
        if not isinstance(labels, dict) or not labels:
            return [], p.NONE
        pods = self.pods(service.namespace, selector({"matchLabels": labels}))
        entries = [entry for _, entry in maps(service.get("spec", "ports"))]
        entry = next((e for e in entries if port in (e.get("port"), e.get("name"))), None)
        if entry is None:
            return pods, p.NONE
        target = entry.get("targetPort", entry.get("port"))
        return pods, _on(pods, target)

    def of_route(self, route: ApiObject) -> Iterator[Need]:
        """Each Gateway of a route to its backends."""
        gateways = [self.gateway(route, ref) for _, ref in maps(route.get("spec", "parentRefs"))]
        for _, backend in self.links.backends(route):
            namespace = text(backend.get("namespace")) or route.namespace
            for pods, ports in self.backend(namespace, backend):
                for ends, what in gateways:
                    for pod in pods:
                        yield Need(pod, "ingress", ends, ports, what)
                    for end in ends:
                        if isinstance(end, Pod) and end.resource is not None and pods:
                            name = f"{pods[0].namespace}/{pods[0].name}"
                            yield Need(end, "egress", tuple(pods), ports, name)

    def backend(
        self, namespace: str, backend: Mapping[str, Any]
    ) -> Iterator[tuple[list[Pod], Ports]]:
        """The Pods behind a backendRef, and for a pool those of its endpoint picker as well."""
        name = text(backend.get("name"))
        if is_pool(backend):
            pool = self.links.find("InferencePool", namespace, name, *POOL_GROUPS)
            if pool is not None:
                yield self.servers(pool), _target_ports(pool)
                yield self.picker(pool)
        elif is_service(backend):
            service = self.links.find("Service", namespace, name, "")
            if service is not None:
                yield self.behind(service, backend.get("port"))

    def gateway(self, route: ApiObject, ref: Mapping[str, Any]) -> tuple[tuple[Endpoint, ...], str]:
        """Where requests of a Gateway come from; nowhere in particular when it is not known."""
        namespace = text(ref.get("namespace")) or route.namespace
        name = text(ref.get("name"))
        what = f"gateway {namespace}/{name}"
        proxies = self.proxies(namespace, name)
        if proxies:
            return tuple(proxies), what
        if route.service is not None and not route.service.resource.get(*GATEWAY_REFS):
            # The default Gateway of the release is not here. Those that are here may be meant.
            own = [pod for pod in self.seen.world.pods if pod.role == "gateway"]
            return tuple(own), f"gateway {own[0].namespace}/{own[0].owner}" if own else what
        gateway = self.links.find("Gateway", namespace, name, GATEWAY_API)
        named = text(gateway.get("spec", "gatewayClassName")) if gateway is not None else ""
        if named.startswith(_GATEWAY_CLASSES_OF_GKE):
            vpc = a.networks(data("platform")["vpc"]["cidrs"])
            checks = a.networks(data("platform")["addresses"]["health-check"]["cidrs"])
            return (External("load balancer", vpc | checks),), what
        return (), what

    def proxies(self, namespace: str, name: str) -> list[Pod]:
        """The proxy Pods of a Gateway of the input."""
        here = self.seen.pods_in.get(namespace or "default", ())
        return [pod for pod in here if pod.role == "gateway" and pod.owner == name]

    def of_gateways(self) -> Iterator[Need]:
        """Clients to proxies, and proxies to istiod."""
        for pod in self.seen.world.pods:
            if pod.role != "gateway" or pod.resource is None:
                continue
            yield Need(pod, "egress", (), XDS, "istiod")
            for _, listener in maps(pod.resource.get("spec", "listeners")):
                port = listener.get("port")
                if isinstance(port, int):
                    yield Need(pod, "ingress", (), p.ports("TCP", port), "clients")

    def of_groups(self) -> Iterator[Need]:
        """Leaders and workers of a group, to each other."""
        for pods in _groups(self.seen.world.pods):
            for pod in pods:
                others: tuple[Endpoint, ...] = tuple(x for x in pods if x is not pod)
                what = "the other Pods of its group"
                yield Need(pod, "egress", others, p.ALL, what)
                yield Need(pod, "ingress", others, p.ALL, what)

    def of_downloads(self) -> Iterator[Need]:
        """Pods that download a model, to its host and to the metadata server for credentials."""
        accounts = {
            (r.namespace, r.name)
            for r in self.seen.context.bundle.of_kind("ServiceAccount", "")
            if WORKLOAD_IDENTITY in as_dict(r.metadata.get("annotations"))
        }
        for pod in self.seen.world.pods:
            source = downloads_from(pod.spec)
            if source:
                everywhere = External("model hub", internet())
                yield Need(pod, "egress", (everywhere,), HTTPS, f"the source of its model {source}")
            account = (
                pod.resource.namespace if pod.resource is not None else "",
                text(pod.spec.get("serviceAccountName")),
            )
            if source.startswith("gs://") or account in accounts:
                server = data("platform")["addresses"]["metadata"]["cidrs"]
                end = External("metadata server", a.networks(server))
                yield Need(pod, "egress", (end,), METADATA, "the GKE metadata server")

    def of_webhooks(self) -> Iterator[Need]:
        """The API server to the Pods of admission webhooks."""
        for kind in _ADMISSION:
            for configuration in self.links.of(kind):
                for _, hook in maps(configuration.data.get("webhooks")):
                    ref = as_dict(as_dict(hook.get("clientConfig")).get("service"))
                    service = self.links.find(
                        "Service", text(ref.get("namespace")), text(ref.get("name")), ""
                    )
                    if service is not None:
                        pods, ports = self.behind(service, ref.get("port", 443))
                        for pod in pods:
                            yield Need(pod, "ingress", _callers(), ports, "the API server")

    def of_monitors(self) -> Iterator[Need]:
        """The collectors of Managed Service for Prometheus to the Pods of a PodMonitoring."""
        for monitor in self.links.of("PodMonitoring", "monitoring.googleapis.com"):
            wanted = as_dict(monitor.get("spec", "selector"))
            pods = self.pods(monitor.namespace, selector(wanted)) if wanted else []
            ends = tuple(Pod(x, "collector", labels=COLLECTOR) for x in COLLECTOR_NAMESPACES)
            for _, endpoint in maps(monitor.get("spec", "endpoints")):
                for pod in pods:
                    ports = _on([pod], endpoint.get("port"))
                    what = "the collectors of Managed Service for Prometheus"
                    yield Need(pod, "ingress", ends, ports, what, certain=False)


def _groups(pods: Iterable[Pod]) -> Iterator[list[Pod]]:
    """The Pods of each LeaderWorkerSet with more than one template."""
    found: dict[tuple[str, str, str], list[Pod]] = {}
    for pod in pods:
        resource = pod.resource
        if resource is None or pod.kind != "LeaderWorkerSet":
            continue
        stem = pod.name.removesuffix("-leader").removesuffix("-worker")
        found.setdefault((pod.namespace, resource.name, stem), []).append(pod)
    yield from (members for members in found.values() if len(members) > 1)


def _target_ports(pool: ApiObject) -> Ports:
    numbers = [entry.get("number") for _, entry in maps(pool.get("spec", "targetPorts"))]
    numbers.append(pool.get("spec", "targetPortNumber"))
    return _tcp(numbers)


def _on(pods: Iterable[Pod], target: Any) -> Ports:
    """A port by number, or by the name that the Pods give it."""
    if isinstance(target, str):
        return _tcp(pod.ports.get(("TCP", target)) for pod in pods)
    return _tcp([target])


def _tcp(numbers: Iterable[Any]) -> Ports:
    total = p.NONE
    for number in numbers:
        if isinstance(number, int) and not isinstance(number, bool):
            total = p.union(total, p.ports("TCP", number))
    return total


def _callers() -> tuple[Endpoint, ...]:
    """Where the API server calls webhooks from: its own address, or Pods of the cluster."""
    return _api_server(), Pod("kube-system", "konnectivity-agent", complete=False)


def _api_server() -> External:
    """Its address is not known. It is no Pod, so no label selects it."""
    return External("API server", a.EVERYWHERE)
