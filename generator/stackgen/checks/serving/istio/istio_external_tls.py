"""A host outside of the mesh where TLS is used twice, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.mesh import NETWORKING
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_TLS = ("TLS", "HTTPS")
_ORIGINATES = ("SIMPLE", "MUTUAL")


def check(context: Context) -> Violations:
    """ServiceEntries of single hosts, with the DestinationRule of the host."""
    rules: dict[str, list[Resource]] = {}
    for rule in context.bundle.of_kind("DestinationRule", NETWORKING):
        rules.setdefault(text(rule.get("spec", "host")), []).append(rule)
    routed = {
        text(host)
        for route in context.bundle.of_kind("VirtualService", NETWORKING)
        for host in as_list(route.get("spec", "hosts"))
    } | set(_of_gateways(context))
    for entry in context.bundle.of_kind("ServiceEntry", NETWORKING):
        ports = [(i, one) for i, one in maps(entry.get("spec", "ports"))]
        for host in map(text, as_list(entry.get("spec", "hosts"))):
            if not plain(host) or host in routed or "*" in host:
                continue
            own = rules.get(host, [])
            protocols = {text(one.get("protocol")).upper() for _, one in ports}
            if protocols and protocols <= {*_TLS} and len(own) == 1:
                yield from _twice(entry, own[0], host)
            for i, one in ports if not own and not any("*" in name for name in rules) else ():
                inside = entry.get("spec", "location") == "MESH_INTERNAL"
                plain_text = text(one.get("protocol")).upper() in ("HTTP", "HTTP2", "GRPC")
                if one.get("number") == 443 and plain_text and not inside:
                    yield violation(
                        f"port 443 of {visible(host)} has protocol {one['protocol']}, and no "
                        f"DestinationRule starts TLS to it",
                        Place(entry, ("spec", "ports", i, "protocol")),
                    )


def _of_gateways(context: Context) -> Iterator[str]:
    """Hosts to which a gateway sends what it got: it starts TLS, as the DestinationRule says."""
    for service in context.bundle.of_kind("Service", ""):
        if service.get("spec", "type") == "ExternalName":
            yield text(service.get("spec", "externalName"))
    for route in context.bundle.of_kind("HTTPRoute", "gateway.networking.k8s.io"):
        for _, rule in maps(route.get("spec", "rules")):
            for _, backend in maps(rule.get("backendRefs")):
                if backend.get("kind") == "Hostname":
                    yield text(backend.get("name"))
    for route in context.bundle.of_kind("VirtualService", NETWORKING):
        if {*as_list(route.get("spec", "gateways"))} - {"mesh"}:
            for _, rule in maps(route.get("spec", "http")):
                for _, one in maps(rule.get("route")):
                    yield text(as_dict(one.get("destination")).get("host"))


def _twice(entry: Resource, rule: Resource, host: str) -> Violations:
    policy = as_dict(rule.get("spec", "trafficPolicy"))
    mode = text(as_dict(policy.get("tls")).get("mode"))
    if mode in _ORIGINATES and not policy.get("portLevelSettings"):
        yield violation(
            f"clients send TLS to {visible(host)}, as ServiceEntry {entry.name} says, and "
            f"tls.mode {mode} adds TLS to it",
            Place(rule, ("spec", "trafficPolicy", "tls", "mode")),
            Place(entry, ("spec", "ports"), key=True, note="the ports of the host"),
        )
