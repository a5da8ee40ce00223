"""Requests without Istio's mutual TLS to Pods that accept nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, ApiObject, Chain, Pods, chain
from stackgen.checks.serving.ingress.gke_routes import gke_routes
from stackgen.checks.serving.ingress.ingresses import class_of
from stackgen.checks.serving.istio.mtls import behind, strict
from stackgen.checks.serving.istio.scrapes import scrapes
from stackgen.checks.serving.mesh import (
    NETWORKING,
    full_host,
    have_sidecar,
    ports_around_proxy,
    without_proxy,
)
from stackgen.facts.config_values import addresses_of_configs
from stackgen.facts.service_addresses import addresses_of
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.record import record

_MODES = ("DISABLE", "SIMPLE", "MUTUAL")
_SUFFIX = ".svc.cluster.local"
_SOME = 2  # of the Pods of a pool; more say the same
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_REWRITE = "sidecar.istio.io/rewriteAppHTTPProbers"


@record
class _Request:
    """Who sends requests without mutual TLS, where the input says so, and to which Pods."""

    who: str
    place: Place
    to: tuple[tuple[Pods, int | None], ...]


def check(context: Context) -> Violations:
    """One finding for each sender."""
    if not any(context.bundle.of_kind("PeerAuthentication", "security.istio.io")):
        return
    links = chain(context)
    told: set[str] = set()
    for request in _requests(context, links):
        for pods, port in request.to:
            by = strict(context, pods, port)
            if by is not None and request.who not in told:
                told.add(request.who)
                yield violation(
                    f"{request.who}, and {by.kind} {by.name} lets {pods.owner.kind} "
                    f"{pods.owner.name} accept only mutual TLS at port {port}",
                    request.place,
                    Place(by, ("spec", "mtls"), key=True, note="the PeerAuthentication"),
                )


def _requests(context: Context, links: Chain) -> Iterator[_Request]:
    yield from _destination_rules(context, links)
    yield from _load_balancers(context, links)
    yield from _monitors(context)
    yield from _probes(links)
    yield from _clients(context, links)


def _destination_rules(context: Context, links: Chain) -> Iterator[_Request]:
    """Sidecars that a DestinationRule tells to use plain text, or TLS of another kind."""
    for rule in context.bundle.of_kind("DestinationRule", NETWORKING):
        host = full_host(text(rule.get("spec", "host")), rule.namespace)
        name, _, space = host.removesuffix(_SUFFIX).partition(".")
        mode = text(rule.get("spec", "trafficPolicy", "tls", "mode"))
        own = rule.get("spec", "trafficPolicy", "portLevelSettings")
        service = links.find("Service", space, name, "") if mode in _MODES and not own else None
        if service is None:
            continue
        entries = [entry for _, entry in maps(service.get("spec", "ports"))]
        to = [one for entry in entries for one in behind(context, service, entry.get("port"))]
        # A rule for a port that the sidecar does not guard says nothing of requests to the others.
        # ztunnel reads no DestinationRule.
        guarded = all(have_sidecar(context, pods) for pods, _ in to)
        if guarded and all(strict(context, *one) is not None for one in to):
            place = Place(rule, ("spec", "trafficPolicy", "tls", "mode"))
            yield _Request(f"DestinationRule {rule.name} sets tls.mode {mode}", place, tuple(to))


def _load_balancers(context: Context, links: Chain) -> Iterator[_Request]:
    """Load balancers of GKE, which are outside of the mesh."""
    for route, gateway, _ in gke_routes(context):
        for path, backend in links.backends(route):
            to = tuple(_of_backend(context, links, route, backend))
            who = f"Gateway {gateway.name} of GKE sends requests and health checks"
            yield _Request(who, route.place(*path), to)
    for ingress in links.of("Ingress", "networking.k8s.io"):
        for path, backend in _backends(ingress) if class_of(ingress).startswith("gce") else ():
            service = links.find("Service", ingress.namespace, text(backend.get("name")), "")
            port = as_dict(backend.get("port"))
            wanted = port.get("number", port.get("name"))
            to = tuple(behind(context, service, wanted)) if service is not None else ()
            who = f"Ingress {ingress.name} of GKE sends requests and health checks"
            yield _Request(who, ingress.place(*path), to)


def _of_backend(
    context: Context, links: Chain, route: ApiObject, backend: dict[str, object]
) -> Iterator[tuple[Pods, int | None]]:
    space, name = text(backend.get("namespace")) or route.namespace, text(backend.get("name"))
    if backend.get("kind") == "InferencePool":
        pool = links.find("InferencePool", space, name, *POOL_GROUPS)
        if pool is not None:
            labels = as_dict(pool.get("spec", "selector"))
            labels = as_dict(labels.get("matchLabels")) or labels
            ports = [x.get("number") for _, x in maps(pool.get("spec", "targetPorts"))]
            ports = ports or [pool.get("spec", "targetPortNumber")]
            for pods in links.selected(space, labels)[:_SOME] if labels else ():
                yield from ((pods, port) for port in ports if isinstance(port, int))
        return
    service = links.find("Service", space, name, "")
    if service is not None:
        yield from behind(context, service, backend.get("port"))


def _backends(ingress: ApiObject) -> Iterator[tuple[Path, dict[str, object]]]:
    for i, rule in maps(ingress.get("spec", "rules")):
        for j, one in maps(as_dict(rule.get("http")).get("paths")):
            path: Path = ("spec", "rules", i, "http", "paths", j, "backend", "service")
            yield path, as_dict(as_dict(one.get("backend")).get("service"))


def _monitors(context: Context) -> Iterator[_Request]:
    for who, target, to in scrapes(context):
        yield _Request(who, Place(target.resource, target.path), to)


def _probes(links: Chain) -> Iterator[_Request]:
    """Probes of the kubelet that the injector of Istio does not rewrite."""
    for pods in (one for here in links.pods.values() for one in here):
        if str(pods.annotations.get(_REWRITE)).lower() != "false":
            continue
        names = dict(pods.ports())
        for _, container in maps(pods.spec.get("containers")):
            for probe in _PROBES:
                port = as_dict(as_dict(container.get(probe)).get("httpGet")).get("port")
                number = names.get(port) if isinstance(port, str) else port
                if isinstance(number, int):
                    who = f"{_REWRITE} is false, so that the kubelet sends each {probe} itself"
                    place = pods.owner.place("metadata", "name")
                    yield _Request(who, place, ((pods, number),))


def _clients(context: Context, links: Chain) -> Iterator[_Request]:
    """Pods without a sidecar, or past it, that have the address of a Service."""
    for space, here in links.pods.items():
        for client in here:
            around, out = ports_around_proxy(client), without_proxy(context, client)
            if client.owner.service is not None or not (out or around):
                continue
            how = "has no sidecar and calls" if out else "calls without its sidecar"
            named = list(addresses_of(client.spec))
            if around:
                named += addresses_of_configs(context.bundle, space, client.spec)
            for address in named:
                service = links.find("Service", address.namespace or space, address.name, "")
                for port in _ports(service, address.port, out) if service is not None else ():
                    if service is not None and (out or str(port) in around):
                        yield _Request(
                            f"{client.owner.kind} {client.owner.name} {how} Service {service.name}",
                            client.owner.place("metadata", "name"),
                            tuple(behind(context, service, port)),
                        )


def _ports(service: ApiObject, given: int, out: bool) -> list[Any]:
    """The port of an address; all of the Service where it is not known and may pass the proxy."""
    if given or out:
        return [given] if given else []
    return [entry.get("port") for _, entry in maps(service.get("spec", "ports"))]
