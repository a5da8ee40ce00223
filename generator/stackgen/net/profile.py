"""What the flows of a stack depend on: flags, names of namespaces, ports, the API server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.manifest.shipped import shipped
from stackgen.net import ports as p
from stackgen.net.addresses import Addresses, network
from stackgen.net.ports import Ports
from stackgen.plan.access import by_kuadrant, by_rate_service
from stackgen.plan.engine_features import addresses
from stackgen.plan.listeners import foreign_issuers, front_port, pod_port
from stackgen.plan.model import Plan
from stackgen.plan.prefill import routed_to_prefill
from stackgen.plan.traces import connections
from stackgen.platforms.registry import network as platform_network
from stackgen.record import record
from stackgen.spec.model_cache import FUSE

_PLATFORM_SPACES = (
    "istio", "envoy_gateway", "envoy_ai_gateway", "cert_manager", "lws_operator", "keda",
    "kuadrant", "redis",
)  # fmt: skip


@record
class Declared:
    """A connection of `network.allow`; its ends in the words of the spec."""

    source: str
    destination: str
    ports: Ports
    reason: str


@record
class Profile:
    """flags: conditions that hold. names: namespaces by what they are for. ports: by name.

    gateway: name of the stack's Gateway. api_server: its addresses, where known. closed: policies
    are asked for (without them every flow is open). hosts: names outside of the cluster that the
    spec brings, by role. release: the stack's row. platform: the name of its serving platform.
    proxies: addresses of the gateway's proxies, where they are no pods.
    """

    flags: frozenset[str]
    names: Mapping[str, str]
    ports: Mapping[str, Ports]
    gateway: str
    api_server: Addresses | None
    closed: bool
    declared: tuple[Declared, ...] = ()
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    release: Row | None = None
    platform: str = ""
    proxies: Addresses | None = None

    def holds(self, when: str) -> bool:
        """Whether a condition of the data files holds: a flag, or `!` and a flag; "" always."""
        if when.startswith("!"):
            return when[1:] not in self.flags
        return not when or when in self.flags

    def port_set(self, names: Iterable[str]) -> Ports:
        """The ports that a flow's list of names stands for."""
        total = p.NONE
        for name in names:
            if name == "all":
                total = p.ALL
            elif name.startswith("!"):
                total = p.union(total, p.subtract(p.ALL, self.ports[name[1:]]))
            else:
                total = p.union(total, self.ports[name])
        return total


@lru_cache(maxsize=2)
def data(name: str) -> Mapping[str, Any]:
    """A data file of this package, `platform` or `flows`."""
    found: Mapping[str, Any] = shipped(__file__, f"{name}.yaml")
    return found


def half_seen(namespace: str) -> bool:
    """Whether a namespace has Pods of the cluster or of an operator that no manifest shows."""
    return any(fnmatchcase(namespace, name) for name in data("platform")["half-seen"]["namespaces"])


def profile_of(plan: Plan) -> Profile:
    """The profile of a plan."""
    spec, release = plan.stack.spec, plan.release
    uris = [
        uri
        for m in plan.models if m.cache.online.value
        for uri in (m.cache.address.value, *(one.value for one in addresses(m.spec)[1:]))
        if not uri.startswith("pvc://")
    ]  # fmt: skip
    found = {spec.cluster.dns.value, spec.observe.engine.value, spec.gateway.exposure.value}
    found |= _caches(plan)
    found |= {"downloads"} if uris or "fuse-servers" in found else set()
    kind = spec.gateway.class_.value
    found.add("gke" if kind.startswith("gke-") else kind)
    found |= {"sidecars"} if spec.mesh.sidecars.value else set()
    found |= {"hugging-face", "hub-servers"} if any(u.startswith("hf://") for u in uris) else set()
    found |= {"s3"} if any(u.startswith("s3://") for u in uris) else set()
    if any(model.scaling is not None for model in plan.servers):
        found |= {"autoscaling", f"autoscaling-{spec.observe.engine.value}"}
    behind = release.optional("prefill", "server_port")
    if any(model.prefill is not None for model in plan.models):
        found |= {"prefill"}
        found |= {"sidecar-reads-pools"} if release.optional("prefill", "token") else set()
        found |= {"prefill-routed"} if routed_to_prefill(plan).value else set()
    found |= {"kuadrant"} if by_kuadrant(spec).value else set()
    found |= {"rate-limits"} if by_rate_service(spec).value else set()
    listeners = spec.gateway.listeners
    found |= {"acme"} if foreign_issuers(spec.gateway).value else set()
    issuers, issuer_ports = _key_servers(plan)

    def tcp(*path: str) -> Ports:
        return p.ports("TCP", release.value(*path).value)

    def serving(*path: str) -> Ports:
        return p.ports("TCP", release.serving(*path).value)

    fixed = {**data("platform")["ports"], **platform_network(release.platform).get("ports", {})}
    ports = {name: _ports(texts) for name, texts in fixed.items()}
    ports |= {
        "model": serving("port"),
        "decode": p.NONE if behind is None else p.ports("TCP", behind.value),
        "picker": serving("epp", "grpc_port"),
        "picker-health": serving("epp", "health_port"),
        "picker-checked": p.union(serving("epp", "grpc_port"), serving("epp", "health_port")),
        "picker-metrics": serving("epp", "metrics_port"),
        "xds": tcp("istio", "xds_port"),
        "istiod-metrics": tcp("istio", "metrics_port"),
        "proxy-metrics": tcp("istio", "merged_metrics_port"),
        **_access_ports(plan),
        "listeners": _ports([f"TCP {pod_port(plan, one.port).value}" for one in listeners]),
        "front-listener": p.ports("TCP", pod_port(plan, front_port(listeners)).value),
        "key-server": issuer_ports or p.ports("TCP", 443),
        "gateway-keys": issuer_ports if kind == "envoy" else p.NONE,
    }
    to_collector = [allow for _, allow, wanted in connections(plan) if wanted.value]
    cidr, subnet = spec.cluster.controlPlaneCidr.value, spec.gateway.proxyOnlySubnet.value
    spaces = release.row.data["namespaces"]
    return Profile(
        frozenset(found),
        {
            "serving": spec.serving.namespace.value,
            "gateway": spec.gateway.namespace.value,
            "prometheus": spec.observe.namespace.value,
            **_controller(plan),
            **{name: spaces[name] for name in _PLATFORM_SPACES if name in spaces},
        },
        ports,
        spec.gateway.name.value,
        network(cidr) if cidr else None,
        spec.network.defaultDeny.value,
        tuple(
            Declared(
                allow.from_.value,
                allow.to.value,
                _ports([f"{allow.protocol.value} {port.value}" for port in allow.ports]),
                allow.reason.value,
            )
            for allow in (*spec.network.allow, *to_collector)
        ),
        {"key-server": issuers},
        release=release.row,
        platform=release.platform,
        proxies=network(subnet) if "gke" in found and subnet else None,
    )


def _caches(plan: Plan) -> set[str]:
    """Flags of buckets that are mounted, and of Jobs that download models."""
    caches = [m.cache for m in plan.models]
    filled = [c for c in caches if c.filled.value]
    flags = {
        "fuse-servers": any(c.fuse.value for c in caches),
        "fuse-downloads": any(c.has(FUSE).value for c in filled),
        "hugging-face": bool(filled),
    }
    flags["google-storage"] = flags["fuse-servers"] or flags["fuse-downloads"]
    return {flag for flag, on in flags.items() if on}


def _access_ports(plan: Plan) -> dict[str, Ports]:
    """Ports of Envoy Gateway, its proxies and what limits; none for a release without it."""
    envoy = ("xds", "metrics", "health", "extension", "webhook")
    names = {
        **{f"envoy-{name}": ("envoy", f"{name}_port") for name in envoy},
        "rate-limit": ("envoy", "rate_limit_port"),
        "rate-config": ("envoy", "rate_config_port"),
        "authorino": ("kuadrant", "authorino_port"),
        "limitador": ("kuadrant", "limitador_port"),
        "kuadrant-filter": ("kuadrant", "wasm_port"),
        "redis": ("redis", "port"),
    }
    found = {name: plan.release.optional(*path) for name, path in names.items()}
    return {n: p.NONE if one is None else p.ports("TCP", one.value) for n, one in found.items()}


def _controller(plan: Plan) -> dict[str, str]:
    """Where the controller of the serving platform runs, and how its Deployment is called."""
    release, words = plan.release, {"platform": "namespace", "controller": "controller"}
    return {name: release.serving(key).value for name, key in words.items() if release.has(key)}


def _key_servers(plan: Plan) -> tuple[tuple[str, ...], Ports]:
    """Hosts and ports that istiod fetches the keys of token issuers from; the cluster's own left
    out, whose Pods are not known by their name.
    """
    from urllib.parse import urlsplit

    hosts, ports = [], p.NONE
    for jwt in plan.stack.spec.gateway.authentication.jwt:
        try:
            url = urlsplit(jwt.jwksUri.value or jwt.issuer.value)
            host, port = url.hostname or "", url.port
        except ValueError:  # an issuer may be called anything
            continue
        if url.scheme not in ("http", "https") or "." not in host or is_inside(host):
            continue
        hosts.append(host)
        ports = p.union(ports, p.ports("TCP", port or (443 if url.scheme == "https" else 80)))
    return tuple(dict.fromkeys(hosts)), ports


def is_inside(host: str) -> bool:
    """Whether a name is one of the cluster's own, or an address."""
    last = host.rpartition(".")[2]
    return last.isdigit() or host.endswith((".svc", ".cluster.local"))


def _ports(texts: Iterable[str]) -> Ports:
    total = p.NONE
    for text in texts:
        protocol, span = text.split()
        low, _, high = span.partition("-")
        total = p.union(total, p.ports(protocol, int(low), int(high or low)))
    return total
