"""Servers behind a GKE Gateway that do not answer on /, without a HealthCheckPolicy."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import (
    POOL_GROUPS,
    ApiObject,
    Chain,
    Pods,
    chain,
    is_pool,
    is_service,
)
from stackgen.checks.serving.gateway_routes import pods_behind
from stackgen.checks.serving.gke_routes import gke_routes
from stackgen.checks.serving.monitors import server_line
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each pool or Service of the input that a route of a GKE Gateway names."""
    links = chain(context)
    checked = {
        (policy.namespace, text(ref.get("kind")), text(ref.get("name")))
        for policy in links.of("HealthCheckPolicy", "networking.gke.io")
        for ref in [as_dict(policy.get("spec", "targetRef"))]
    }
    told: set[tuple[str, str, str]] = set()
    for route, gateway, name in gke_routes(context):
        for path, backend in links.backends(route):
            kind = "InferencePool" if is_pool(backend) else "Service"
            space = text(backend.get("namespace")) or route.namespace
            target = (space, kind, text(backend.get("name")))
            if target in told or target in checked or not _elsewhere(links, route, backend):
                continue
            told.add(target)
            yield violation(
                f"no HealthCheckPolicy targets {kind} {target[2]}, and Gateway {gateway.name} has "
                f"the class {name}",
                route.place(*path),
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
    paths = [
        at(container, "readinessProbe", "httpGet", "path")
        for _, container in maps(pods.spec.get("containers"))
    ]
    return any(paths) and all(path not in ("/", "") for path in paths if path is not None)
