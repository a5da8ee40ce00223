"""A collector that does not receive what is sent to it."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.escape import visible
from stackgen.facts.service_addresses import addresses_of
from stackgen.facts.shape import as_dict, at, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_PROTOCOLS = ("receivers", "otlp", "protocols")
_PORTS = {4317: "grpc", 4318: "http"}
_LOCAL = regex(r"(?:localhost|127\.0\.0\.1|\[::1\]):\d+\Z")


def check(context: Context) -> Violations:
    """One finding for each protocol of a collector of the operator that is not a sidecar."""
    found: dict[tuple[str, str], Resource] = {}
    for one in context.bundle.of_kind("OpenTelemetryCollector", "opentelemetry.io"):
        config = one.get("spec", "config")
        if one.get("spec", "mode") == "sidecar" or not isinstance(config, dict):
            continue
        found[one.namespace, f"{one.name}-collector"] = one
        for name, receiver in as_dict(config.get("receivers")).items():
            for protocol, given in as_dict(as_dict(receiver).get("protocols")).items():
                endpoint = text(as_dict(given).get("endpoint"))
                if str(name).partition("/")[0] == "otlp" and _LOCAL.match(endpoint):
                    where = ("receivers", name, "protocols", protocol, "endpoint")
                    yield violation(
                        f"receiver {visible(str(name))} listens on {endpoint}, which no other Pod "
                        "can reach",
                        Place(one, ("spec", "config", *where)),
                    )
    for pod in pod_specs(context) if found else ():
        told: set[tuple[str, int]] = set()
        for address in addresses_of(pod.spec):
            collector = found.get((address.namespace or pod.namespace, address.name))
            protocol = _PORTS.get(address.port, "")
            if collector is None or not protocol or (address.name, address.port) in told:
                continue
            told.add((address.name, address.port))
            protocols = at(collector.get("spec", "config"), *_PROTOCOLS)
            if isinstance(protocols, dict) and protocols and protocol not in protocols:
                has = ", ".join(sorted(map(str, protocols)))
                yield violation(
                    f"OpenTelemetryCollector {collector.name} has no receiver for port "
                    f"{address.port} (otlp, {protocol}); it has {visible(has)}",
                    pod.place(*address.path),
                    Place(collector, ("spec", "config", *_PROTOCOLS)),
                )
