"""What pools and routes need: gateways, endpoint pickers and model servers to each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.checks.network.google_ranges import google_ranges
from stackgen.checks.network.needs import Need, Way, need
from stackgen.checks.network.unseen import (
    PROXY,
    address,
    networks_of_the_cluster,
    proxy,
)
from stackgen.checks.network.view import View
from stackgen.checks.serving.chain import (
    GATEWAY_API,
    POOL_GROUPS,
    ApiObject,
    Chain,
    is_pool,
    is_service,
)
from stackgen.checks.serving.gateway.ai_routes import ai_routes
from stackgen.checks.serving.gateway_routes import controller_of, refused
from stackgen.checks.serving.kserve.predictor_flows import routed, services_of
from stackgen.checks.serving.split_servers import DECODE, PREFILL, ROLE
from stackgen.facts.chart_pools import ChartPool, chart_pools
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.envoy_gateways import envoy_gateways
from stackgen.facts.gateway_controllers import Beside, gateway_controllers
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.net import ports as p
from stackgen.net.model import Endpoint, Pod
from stackgen.net.ports import Ports
from stackgen.net.profile import data
from stackgen.net.selectors import Selector, selector
from stackgen.record import record

HTTPS = p.ports("TCP", 443)
# A Service for the API server listens on 443, the API server itself often on 6443.
_PRIVILEGED = 1024
API_SERVER = p.union(HTTPS, p.ports("TCP", 6443))
GATEWAY_REFS = ("spec", "router", "gateway", "refs")
PICKER_PORT = 9002  # of the protocol, for a reference without a port
_ELSEWHERE = "unless the proxies of the Gateway are in a namespace that a rule names"


@record
class Client:
    """Where requests of a Gateway come from.

    likely: none where nothing is known. sure: they come from nowhere else. probes: they are health
    checks, which reach each Pod of a pool.
    """

    what: str
    likely: tuple[Endpoint, ...]
    sure: bool = True
    probes: bool = False


class Routed:
    """The Pods of a bundle, found by what refers to them."""

    def __init__(self, seen: View, links: Chain) -> None:
        self.seen = seen
        self.links = links
        self.pools = [
            x for x in links.objects if x.kind == "InferencePool" and x.group in POOL_GROUPS
        ]
        self._of_charts = {
            (pool.namespace, pool.name): pool
            for pool in chart_pools(seen.context.bundle)
            if pool.namespace and pool.picker_labels
        }
        self._made = {key: _as_object(pool) for key, pool in self._of_charts.items()}
        self.pools += self._made.values()
        self.routes = (*links.routes, *ai_routes(links))
        self.routed = {
            (text(backend.get("namespace")) or route.namespace, text(backend.get("name")))
            for route in self.routes
            for _, backend in links.backends(route)
            if is_pool(backend)
        }

    def needs(self) -> Iterator[Need]:
        """Those of pools, of routes, and of the proxies of Gateways."""
        for pool in self.pools:
            yield from self._of_pool(pool)
        for route in self.routes:
            yield from self._of_route(route)
        for one in routed(self.seen.context, self._predictors):
            pods, ports = self.behind(one.backend, 80)
            for client in self._clients(one.service, one.gateway):
                yield from self._between(client, pods, ports)
        yield from self._of_gateways()

    def serving_pods(self) -> Iterator[tuple[Pod, str]]:
        """Model servers and endpoint pickers, each with what it is."""
        for pool in self.pools:
            yield from ((pod, "endpoint picker") for pod in self.picker(pool)[0])
            yield from ((pod, "model server") for pod in self.servers(pool))
        for pod in self.seen.world.pods:
            if pod.role.startswith("model"):
                yield pod, "model server"

    @cached_property
    def _predictors(self) -> Mapping[tuple[str, str], ApiObject]:
        return services_of(self.seen.world.pods)

    def service(self, namespace: str, name: str) -> ApiObject | None:
        """A Service of the input, or one that KServe makes."""
        found = self.links.find("Service", namespace, name, "")
        return found or self._predictors.get((namespace or "default", name))

    # -- pools -------------------------------------------------------------------------------

    def _of_pool(self, pool: ApiObject) -> Iterator[Need]:
        """Endpoint picker to servers and API server; prefill and decode; the gateway to both."""
        servers = self.servers(pool)
        port = target_ports(pool)
        picker, picker_port = self.picker(pool)
        routed = (pool.namespace, pool.name) in self.routed
        for pod in picker:
            plane = google_ranges(self.seen.context).control_plane
            yield need(pod, "egress", (plane,), API_SERVER, "the API server")
            if servers:
                what = f"model servers of {pool.name}"
                yield need(pod, "egress", tuple(servers), port, what)
            if not routed:
                yield need(pod, "ingress", self._anyone, picker_port, "the gateway")
        for pod in servers:
            if picker:
                what = f"endpoint picker {picker[0].name}"
                yield need(pod, "ingress", tuple(picker), port, what)
        for pod in () if routed else _answering(servers):
            yield need(pod, "ingress", self._anyone, port, "the gateway")
        yield from _disaggregated(servers, port)

    @cached_property
    def _anyone(self) -> tuple[Endpoint, ...]:
        """A gateway of which nothing is known."""
        here = [x for x in self.seen.distinct if x.role == "gateway"]
        return (*here, PROXY, networks_of_the_cluster(), checks())

    def pods(self, namespace: str, wanted: Selector) -> list[Pod]:
        """The Pods of a namespace with these labels."""
        space = namespace or "default"
        candidates = self.seen.labelled.candidates(space, wanted)
        found = [pod for pod in candidates if wanted.matches(pod.labels)]
        return list(dict.fromkeys(map(self.seen.alike, found)))

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
        chart = self._of_charts.get((pool.namespace, pool.name))
        if chart is not None and self._made[pool.namespace, pool.name] is pool:
            wanted = selector({"matchLabels": chart.picker_labels})
            return self.pods(pool.namespace, wanted), p.ports("TCP", PICKER_PORT)
        if service is None or not is_service(ref):
            return [], p.NONE
        return self.behind(service, number if isinstance(number, int) else PICKER_PORT)

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
        headless = service.get("spec", "clusterIP") == "None"
        target = entry.get("port") if headless else entry.get("targetPort", entry.get("port"))
        return pods, on(pods, target)

    # -- routes ------------------------------------------------------------------------------

    def _of_route(self, route: ApiObject) -> Iterator[Need]:
        """Each Gateway of a route to its backends."""
        clients = [
            client
            for _, ref in maps(route.get("spec", "parentRefs"))
            if ref.get("kind", "Gateway") == "Gateway"
            for client in self._clients(route, ref)
        ]
        for _, backend in self.links.backends(route):
            namespace = text(backend.get("namespace")) or route.namespace
            for client in clients:
                for pods, ports in self._backend(namespace, backend, client):
                    yield from self._between(client, pods, ports)

    def _between(self, client: Client, pods: list[Pod], ports: Ports) -> Iterator[Need]:
        for pod in pods:
            ways: tuple[Way, ...] = (Way(client.likely or self._anyone, ports),)
            if not client.sure:
                ways = (*ways, Way((PROXY,), ports, _ELSEWHERE))
            yield Need(pod, "ingress", ways, client.what)
        for end in client.likely:
            if isinstance(end, Pod) and end.resource is not None and pods:
                name = f"{pods[0].namespace}/{pods[0].name}"
                yield need(end, "egress", tuple(pods), ports, name)

    def _backend(
        self, namespace: str, backend: Mapping[str, Any], client: Client
    ) -> Iterator[tuple[list[Pod], Ports]]:
        """The Pods behind a backendRef, and for a pool those of its endpoint picker as well."""
        name = text(backend.get("name"))
        if is_pool(backend):
            pool = self.links.find("InferencePool", namespace, name, *POOL_GROUPS)
            pool = pool or self._made.get((namespace, name))
            if pool is not None:
                servers = self.servers(pool)
                yield servers if client.probes else _answering(servers), target_ports(pool)
                yield self.picker(pool)
        elif is_service(backend):
            service = self.service(namespace, name)
            if service is not None:
                yield self.behind(service, backend.get("port"))

    def _clients(self, route: ApiObject, ref: Mapping[str, Any]) -> Iterator[Client]:
        """Where requests of a Gateway come from; a client without ends where nothing is known."""
        namespace = text(ref.get("namespace")) or route.namespace or "default"
        name = text(ref.get("name"))
        what = f"gateway {namespace}/{name}"
        proxies = self.proxies(namespace, name)
        if proxies:
            away = self._away(namespace, name, proxies[0])
            near = (*proxies, *self._elsewhere(namespace, name))
            yield Client(what, near if away is None else (away,))
            return
        if route.service is not None and not route.service.resource.get(*GATEWAY_REFS):
            # The default Gateway of the release is not here. One that accepts it may be meant.
            own = tuple(pod for pod in self.seen.distinct if self._accepts(pod, route))
            yield Client(f"gateway {own[0].namespace}/{own[0].owner}" if own else what, own)
            return
        gateway = self.links.find("Gateway", text(ref.get("namespace")) or route.namespace, name)
        class_ = text(gateway.get("spec", "gatewayClassName")) if gateway is not None else ""
        if class_.startswith(data("platform")["gke-gateway"]["prefix"]):
            regional = not class_.startswith(tuple(data("platform")["gke-gateway"]["global"]))
            yield Client(f"the health checks of {what}", (checks(),), probes=True)
            if regional:
                ends = (google_ranges(self.seen.context).proxies,)
                yield Client(f"the proxies of {what}", ends)
            return
        row = controller_of(self.links, gateway) if gateway is not None else None
        if row is not None:
            spaces = (row.proxies or namespace, namespace)
            known = row.proxies != "*"
            yield Client(what, tuple(proxy(x, name) for x in dict.fromkeys(spaces) if known))
            return
        others = {x.proxies for x in gateway_controllers()} - {"", "*"}
        likely = [proxy(x, name) for x in (namespace, *sorted(others))]
        others_too: tuple[Endpoint, ...] = (*likely, networks_of_the_cluster(), checks())
        yield Client(what, others_too, sure=False)

    def _accepts(self, pod: Pod, route: ApiObject) -> bool:
        """Whether a Pod is a proxy of a Gateway that does not refuse a route."""
        if pod.role != "gateway" or pod.resource is None:
            return pod.role == "gateway"
        gateway = self.links.find("Gateway", pod.resource.namespace, pod.owner, GATEWAY_API)
        return gateway is None or not refused(self.links, route, {}, gateway)

    def _elsewhere(self, namespace: str, name: str) -> Iterator[Pod]:
        """The proxies of a Gateway of the input, if its controller has them in its own namespace.

        Where the values of its chart are not here, they may be.
        """
        gateway = self.links.find("Gateway", namespace, name, GATEWAY_API)
        row = controller_of(self.links, gateway) if gateway is not None else None
        beside = row.beside if row is not None else None
        if row is not None and beside is not None and self._modes(beside) != {beside.value}:
            yield proxy(row.proxies, name)

    def _away(self, namespace: str, name: str, beside: Pod) -> Pod | None:
        """A proxy of Envoy Gateway that is known to be in the namespace of its controller.

        beside: the proxy as it is where the controller has it in the namespace of the Gateway.
        """
        gateway = self.links.find("Gateway", namespace, name, GATEWAY_API)
        row = controller_of(self.links, gateway) if gateway is not None else None
        found = envoy_gateways(self.seen.context.bundle)
        if row is None or row.beside is None or len(found) != 1 or not found[0].has_all_proxies:
            return None
        labels = dict(beside.labels)
        return Pod(found[0].namespace, name, "Proxy", labels, complete=False, role="gateway")

    def proxies(self, namespace: str, name: str) -> list[Pod]:
        """The proxy Pods of a Gateway of the input."""
        here = self.seen.pods_in.get(namespace or "default", ())
        return [pod for pod in here if pod.role == "gateway" and pod.owner == name]

    def _modes(self, beside: Beside) -> set[str]:
        """Where the charts of a controller say that its proxies are."""
        given = (one for one in chart_values(self.seen.context.bundle) if one.chart == beside.chart)
        return {text(at(one.values, *beside.at)) for one in given}

    def _of_gateways(self) -> Iterator[Need]:
        """Clients to proxies, and proxies to their control plane, where the controller is known."""
        for pod in self.seen.world.pods:
            if pod.role != "gateway" or pod.resource is None:
                continue
            gateway = self.links.find("Gateway", pod.resource.namespace, pod.owner, GATEWAY_API)
            row = controller_of(self.links, gateway) if gateway is not None else None
            beside = row.beside if row is not None else None
            modes = self._modes(beside) if beside is not None else set()
            if row is None or row.control_plane is None or (beside and modes - {beside.value}):
                continue
            # Without the chart it is not known where the controller has its proxies.
            certain = beside is None or bool(modes)
            name, asked = row.control_plane
            yield need(pod, "egress", (), p.ports("TCP", asked), name, certain=certain)
            for _, listener in maps(pod.resource.get("spec", "listeners")):
                port = listener.get("port")
                if isinstance(port, int):
                    port += row.shift if 0 < port < _PRIVILEGED else 0
                    ports = p.ports("TCP", port)
                    yield need(pod, "ingress", (), ports, "clients", certain=certain)


def _as_object(pool: ChartPool) -> ApiObject:
    """The InferencePool that a chart makes."""
    spec = {
        "selector": {"matchLabels": dict(pool.labels)},
        "targetPorts": [{"number": port} for port in pool.ports],
        "endpointPickerRef": {"name": pool.picker, "port": {"number": PICKER_PORT}},
    }
    metadata = {"name": pool.name, "namespace": pool.namespace}
    version = f"{POOL_GROUPS[0]}/v1"
    data = {"apiVersion": version, "kind": "InferencePool", "metadata": metadata, "spec": spec}
    return ApiObject(pool.install.parts[0].by, data)


def _answering(servers: list[Pod]) -> list[Pod]:
    """The servers of a pool that get requests: the endpoint picker names no prefill server."""
    return [pod for pod in servers if pod.labels.get(ROLE) not in PREFILL]


def _disaggregated(servers: list[Pod], port: Ports) -> Iterator[Need]:
    """Decode to prefill: the proxy beside a decode server, and vLLM's transfer of the KV cache."""
    prefill = [pod for pod in servers if pod.labels.get(ROLE) in PREFILL]
    decode = [pod for pod in servers if pod.labels.get(ROLE) in DECODE]
    if not prefill or not decode:
        return
    for pod in decode:
        yield need(pod, "egress", tuple(prefill), port, f"prefill server {prefill[0].name}")
    for pod in prefill:
        what = f"decode server {decode[0].name}"
        yield need(pod, "ingress", tuple(decode), port, what)
        for channel in _side_channels(pod):
            yield need(pod, "ingress", tuple(decode), channel, what)
            for other in decode:
                name = f"prefill server {pod.name}"
                yield need(other, "egress", (pod,), channel, name)


def _side_channels(pod: Pod) -> list[Ports]:
    """The ports of the connector of the Pod: by its variables, else those of the connector."""
    found: list[tuple[int, int]] = []
    for _, container in maps(pod.spec.get("containers")):
        given = {
            entry.get("name"): text(entry.get("value")) for _, entry in maps(container.get("env"))
        }
        words = " ".join(map(str, container.get("args") or ()))
        for row in Catalog().rows("transfer"):
            named = f'"{row.data["connector"]}"' in words
            for name, usual in row.data["ports"].items():
                told = given.get(name, str(usual) if named else "")
                if told.isdecimal() and len(told) < 6:
                    found.append((int(told), int(told)))
            if named and "data" in row.data:
                low, high = row.data["data"]
                found.append((low, high))
    return [p.ports("TCP", *span) for span in dict.fromkeys(found)]


def checks() -> Endpoint:
    """The health checks of Google Cloud, and its global front ends."""
    return address("health-check", "health checks")


def target_ports(pool: ApiObject) -> Ports:
    """The ports of the model servers of a pool."""
    numbers = [entry.get("number") for _, entry in maps(pool.get("spec", "targetPorts"))]
    numbers.append(pool.get("spec", "targetPortNumber"))
    return tcp(numbers)


def on(pods: Iterable[Pod], target: Any) -> Ports:
    """A port by number, or by the name that the Pods give it."""
    if isinstance(target, str):
        return tcp(pod.ports.get(("TCP", target)) for pod in pods)
    return tcp([target])


def tcp(numbers: Iterable[Any]) -> Ports:
    """TCP ports; what is no port number counts for nothing."""
    total = p.NONE
    for number in numbers:
        if isinstance(number, int) and not isinstance(number, bool):
            total = p.union(total, p.ports("TCP", number))
    return total
