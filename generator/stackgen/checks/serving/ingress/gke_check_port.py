"""A health check of Google Cloud at a port on which the Pods do not listen."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, ApiObject, Chain, Pods, chain, is_pool
from stackgen.checks.serving.ingress.ingresses import BACKEND_CONFIG, backend_config_of
from stackgen.checks.serving.monitors import listened
from stackgen.checks.serving.services.workload_ports import mapped_port
from stackgen.facts.chart_pools import chart_pools
from stackgen.facts.shape import as_dict, matches, number, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

_POLICY: Path = ("spec", "default", "config", "*")
_INSIDE = ("", "ClusterIP")
_CONFIG: Path = ("spec", "healthCheck")


def check(context: Context) -> Violations:
    """One finding for each port of a HealthCheckPolicy or BackendConfig."""
    links = chain(context)
    for policy, pods, at in health_checks(links):
        for path, given in matches(policy.data, (*at, "port")) if pods else ():
            port = number(given)
            found = mapped_port(links, pods[0].owner.namespace, pods[:2], port) if port else None
            if found is not None:
                yield violation(
                    f"{port} is the port of Service {found[0]}; the health check reaches the Pods, "
                    f"which listen on {found[1]}",
                    policy.place(*path),
                )
                continue
            open_ports = [listened(one) for one in pods]
            there = set().union(*open_ports, *({n for _, n in one.ports()} for one in pods))
            if port and all(open_ports) and port not in there:
                numbers = ", ".join(map(str, sorted(set().union(*open_ports))))
                yield violation(
                    f"the health check goes to port {port}; the model servers listen on {numbers}",
                    policy.place(*path),
                    pods[0].owner.place("metadata", "name", note="the servers"),
                )


def health_checks(links: Chain) -> Iterator[tuple[ApiObject, list[Pods], Path]]:
    """Each health check, the Pods of the input that it reaches, and where its settings are."""
    for policy in links.of("HealthCheckPolicy", "networking.gke.io"):
        target = as_dict(policy.get("spec", "targetRef"))
        name, space = text(target.get("name")), policy.namespace
        if target.get("kind") == "Service":
            yield policy, _behind(links, links.find("Service", space, name, "")), _POLICY
        elif is_pool(target):
            yield policy, _in_pool(links, space, name), _POLICY
    for service in links.of("Service", ""):
        # The health check of a Service with node ports may use one of these.
        name = backend_config_of(service) if text(service.get("spec", "type")) in _INSIDE else ""
        config = links.find(BACKEND_CONFIG, service.namespace, name) if name else None
        if config is not None:
            yield config, _behind(links, service), _CONFIG


def _behind(links: Chain, service: ApiObject | None) -> list[Pods]:
    chosen = as_dict(service.get("spec", "selector")) if service is not None else {}
    return links.selected(service.namespace, chosen) if service is not None and chosen else []


def _in_pool(links: Chain, namespace: str, name: str) -> list[Pods]:
    """The Pods of an InferencePool of the input, or of a chart."""
    pool = links.find("InferencePool", namespace, name, *POOL_GROUPS)
    if pool is not None:
        chosen = as_dict(pool.get("spec", "selector"))
        wanted = as_dict(chosen.get("matchLabels")) or chosen
        return links.selected(namespace, wanted) if wanted else []
    made = [
        one
        for one in chart_pools(links.view.bundle)
        if one.name == name and one.namespace and namespace in ("", one.namespace)
    ]
    labels = made[0].labels if len(made) == 1 else {}
    return links.selected(namespace, labels) if labels else []
