"""Servers behind a load balancer of GKE that do not answer on /, without a health check."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import (
    POOL_GROUPS,
    ApiObject,
    Chain,
    Pods,
    applied_to,
    chain,
    is_pool,
    is_service,
)
from stackgen.checks.serving.gateway_routes import pods_behind
from stackgen.checks.serving.ingress.gke_routes import gke_routes
from stackgen.checks.serving.ingress.ingresses import (
    BACKEND_CONFIG,
    backend_config_of,
    class_of,
    services_behind,
)
from stackgen.checks.serving.monitors import server_line
from stackgen.facts.chart_pools import ChartPool, chart_pools
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each pool or Service of the input that a route of a GKE Gateway names."""
    links = chain(context)
    checked = {
        (applied_to(policy.namespace), text(ref.get("kind")), text(ref.get("name")))
        for policy in links.of("HealthCheckPolicy", "networking.gke.io")
        for ref in [as_dict(policy.get("spec", "targetRef"))]
    }
    told: set[tuple[str, str, str]] = set()
    made: dict[tuple[str, str, str], list[ChartPool]] = {}
    for pool in chart_pools(context.bundle):
        made.setdefault((applied_to(pool.namespace), "InferencePool", pool.name), []).append(pool)
    for route, gateway, name in gke_routes(context):
        for path, backend in links.backends(route):
            kind = "InferencePool" if is_pool(backend) else "Service"
            space = text(backend.get("namespace")) or route.namespace
            target = (applied_to(space), kind, text(backend.get("name")))
            if target in told or target in checked:
                continue
            pools = made.get(target, [])
            if pools and all(pool.provider not in ("", "gke") for pool in pools):
                told.add(target)
                yield violation(
                    f"{pools[0].chart} makes no HealthCheckPolicy for InferencePool {target[2]} "
                    f"with provider.name {pools[0].provider}, and Gateway {gateway.name} has the "
                    f"class {name}",
                    pools[0].place("provider"),
                    route.place(*path, note="the route"),
                )
            if pools or not _elsewhere(links, route, backend):
                continue
            told.add(target)
            yield violation(
                f"no HealthCheckPolicy targets {kind} {target[2]}, and Gateway {gateway.name} has "
                f"the class {name}",
                route.place(*path),
            )
    yield from _of_ingresses(links)


def _of_ingresses(links: Chain) -> Violations:
    """GKE Ingress reads readiness probes with `httpGet`, and the BackendConfig of the Service."""
    told: set[tuple[str, str]] = set()
    for ingress in links.of("Ingress", "networking.k8s.io"):
        for path, service in services_behind(links, ingress):
            key, name = (service.namespace, service.name), backend_config_of(service)
            if not class_of(ingress).startswith("gce") or key in told:
                continue
            config = links.find(BACKEND_CONFIG, service.namespace, name) if name else None
            unknown = bool(name) and config is None
            if unknown or (config is not None and config.get("spec", "healthCheck")):
                continue
            selected = as_dict(service.get("spec", "selector"))
            pods = links.selected(service.namespace, selected) if selected else []
            if pods and all(server_line(one) and not any(_ready_paths(one)) for one in pods):
                told.add(key)
                yield violation(
                    f"no BackendConfig of Service {service.name} has a healthCheck, its Pods have "
                    f"no readinessProbe with httpGet, and Ingress {ingress.name} is one of GKE",
                    ingress.place(*path),
                )


def _elsewhere(links: Chain, route: ApiObject, backend: dict[str, Any]) -> bool:
    """Whether the servers are in the input, and their health is not at the path /."""
    if is_pool(backend):
        space = text(backend.get("namespace")) or route.namespace
        return (
            links.find("InferencePool", space, text(backend.get("name")), *POOL_GROUPS) is not None
        )
    if not is_service(backend):
        return False
    pods = pods_behind(links, route, backend)
    return bool(pods) and all(server_line(one) or _other_path(one) for one in pods)


def _other_path(pods: Pods) -> bool:
    """Whether the readiness probes ask for another path than /."""
    paths = _ready_paths(pods)
    return any(paths) and all(path not in ("/", "") for path in paths if path is not None)


def _ready_paths(pods: Pods) -> list[Any]:
    return [
        at(container, "readinessProbe", "httpGet", "path")
        for _, container in maps(pods.spec.get("containers"))
    ]
