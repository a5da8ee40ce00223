"""A health check of Google Cloud at the port of a Service, where it reaches the Pods themselves."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain, chain
from stackgen.checks.serving.ingresses import BACKEND_CONFIG, backend_config_of
from stackgen.checks.serving.workload_ports import mapped_port
from stackgen.facts.shape import as_dict, matches, number, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

_POLICY: Path = ("spec", "default", "config", "*", "port")
_INSIDE = ("", "ClusterIP")
_CONFIG: Path = ("spec", "healthCheck", "port")


def check(context: Context) -> Violations:
    """One finding for each port of a HealthCheckPolicy or BackendConfig."""
    links = chain(context)
    for policy, service, at in _checked(links):
        chosen = as_dict(service.get("spec", "selector"))
        pods = links.selected(service.namespace, chosen)[:2] if chosen else []
        for path, given in matches(policy.data, at) if pods else ():
            port = number(given)
            found = mapped_port(links, service.namespace, pods, port) if port else None
            if found is not None:
                yield violation(
                    f"{port} is the port of Service {found[0]}; the health check reaches the Pods, "
                    f"which listen on {found[1]}",
                    policy.place(*path),
                )


def _checked(links: Chain) -> Iterator[tuple[ApiObject, ApiObject, Path]]:
    for policy in links.of("HealthCheckPolicy", "networking.gke.io"):
        target = as_dict(policy.get("spec", "targetRef"))
        service = links.find("Service", policy.namespace, text(target.get("name")), "")
        if target.get("kind") == "Service" and service is not None:
            yield policy, service, _POLICY
    for service in links.of("Service", ""):
        # The health check of a Service with node ports may use one of these.
        name = backend_config_of(service) if text(service.get("spec", "type")) in _INSIDE else ""
        config = links.find(BACKEND_CONFIG, service.namespace, name) if name else None
        if config is not None:
            yield config, service, _CONFIG
