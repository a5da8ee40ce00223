"""A pool whose endpoint picker is not where it says."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, ApiObject, chain
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path

_USUAL = 9002  # of an endpoint picker, whatever its name says
_REFS: tuple[tuple[str, Path], ...] = (
    ("endpointPickerRef", ("port", "number")),
    ("extensionRef", ("portNumber",)),
)


def check(context: Context) -> Violations:
    """Pools of the input whose picker's Service is in the input, or made by the controller."""
    links = chain(context)
    for group in POOL_GROUPS:
        for pool in context.bundle.of_kind("InferencePool", group):
            for field, path in _REFS:
                ref = as_dict(pool.get("spec", field))
                port = pool.get("spec", field, *path)
                if not ref or ref.get("kind", "Service") != "Service" or not isinstance(port, int):
                    continue
                service = links.find("Service", pool.namespace, text(ref.get("name")), "")
                ports = (
                    [p.get("port") for _, p in maps(service.get("spec", "ports"))]
                    if service
                    else []
                )
                if service is not None and ports and port not in ports:
                    offered = ", ".join(str(p) for p in ports)
                    yield violation(
                        f"Service {service.name} has no port {port}; it has {offered}",
                        Place(pool, ("spec", field, *path)),
                    )
                elif service is not None and (name := _as_bytes(service, port)):
                    yield violation(
                        f"port {port} of Service {service.name} has the name {name} and no "
                        "appProtocol, so that Istio does not speak HTTP/2 to it, and gRPC needs "
                        "HTTP/2",
                        service.place("spec", "ports"),
                        Place(pool, ("spec", field, *path), note="the pool"),
                        severity=Severity.WARNING,
                        confidence="medium",
                    )
                elif (
                    service is not None
                    and port != _USUAL
                    and (protocol := _other_protocol(service, port))
                ):
                    yield violation(
                        f"port {port} of Service {service.name} has the protocol {protocol}; a "
                        "gateway calls an endpoint picker over gRPC",
                        Place(pool, ("spec", field, *path)),
                        severity=Severity.WARNING,
                        confidence="medium",
                    )


def _as_bytes(service: ApiObject, port: int) -> str:
    """The name of the port, if Istio takes it for one of plain TCP by the name."""
    for _, one in maps(service.get("spec", "ports")):
        name = text(one.get("name"))
        if one.get("port") == port and not one.get("appProtocol"):
            return name if name.partition("-")[0] in ("tcp", "tls") else ""
    return ""


def _other_protocol(service: ApiObject, port: int) -> str:
    """What the port is said to speak, if that is not gRPC and no other port is for gRPC."""
    for _, one in maps(service.get("spec", "ports")):
        said = text(one.get("appProtocol")) or text(one.get("name")).partition("-")[0]
        if one.get("port") == port and said in ("http", "https", "metrics", "tcp", "web", "api"):
            return said
    return ""
