"""An InferencePool behind a GKE Gateway, without a HealthCheckPolicy."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, chain, is_pool
from stackgen.checks.serving.gke_routes import gke_routes
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pool of the input that a route of a GKE Gateway goes to."""
    links = chain(context)
    checked = {
        (policy.namespace, text(ref.get("kind")), text(ref.get("name")))
        for policy in links.of("HealthCheckPolicy", "networking.gke.io")
        for ref in [as_dict(policy.get("spec", "targetRef"))]
    }
    told: set[tuple[str, str]] = set()
    for route, gateway, name in gke_routes(context):
        for path, backend in links.backends(route):
            pool = text(backend.get("name"))
            space = text(backend.get("namespace")) or route.namespace
            if not is_pool(backend) or (space, pool) in told:
                continue
            known = links.find("InferencePool", space, pool, *POOL_GROUPS) is not None
            if known and (space, "InferencePool", pool) not in checked:
                told.add((space, pool))
                yield RULE.finding(
                    f"no HealthCheckPolicy targets InferencePool {pool}, and Gateway "
                    f"{gateway.name} has the class {name}",
                    route.place(*path),
                )
