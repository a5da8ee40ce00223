"""Model servers behind a GKE Gateway with Google's short time limit."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, applied_to, chain, is_pool
from stackgen.checks.serving.gateway.route_timeout_stream import SHORT_SECONDS
from stackgen.checks.serving.gateway_routes import model_backend
from stackgen.checks.serving.ingress.gke_routes import gke_routes
from stackgen.facts.chart_pools import chart_pools
from stackgen.facts.shape import as_dict, number, text
from stackgen.findings.model import Violations, violation

# timeoutSec of a backend service of Google Cloud that does not set it.
DEFAULT_SECONDS = 30


def check(context: Context) -> Violations:
    """One finding for each pool or Service of the input that a route of a GKE Gateway names."""
    links = chain(context)
    policies = {
        (applied_to(policy.namespace), text(ref.get("kind")), text(ref.get("name"))): policy
        for policy in links.of("GCPBackendPolicy", "networking.gke.io")
        for ref in [as_dict(policy.get("spec", "targetRef"))]
    }
    pools = list(chart_pools(context.bundle))
    made = {(applied_to(x.namespace), "InferencePool", x.name) for x in pools}
    # With the provider gke, the chart of a pool makes the policy as well.
    limited = {
        (applied_to(x.namespace), "InferencePool", x.name)
        for x in pools
        if x.provider in ("", "gke")
    }
    told: set[tuple[str, str, str]] = set()
    for route, _, _ in gke_routes(context):
        for path, backend in links.backends(route):
            space = text(backend.get("namespace")) or route.namespace
            kind = "InferencePool" if is_pool(backend) else "Service"
            groups = POOL_GROUPS if is_pool(backend) else ("",)
            target = (applied_to(space), kind, text(backend.get("name")))
            there = links.find(kind, space, target[2], *groups)
            if (
                (there is None and target not in made)
                or target in told
                or not model_backend(links, route, backend)
            ):
                continue
            told.add(target)
            policy = policies.get(target)
            given = number(policy.get("spec", "default", "timeoutSec")) if policy else None
            if policy is None and target in limited:
                continue
            if given is None:
                yield violation(
                    f"a response ends after {DEFAULT_SECONDS} s: no GCPBackendPolicy sets "
                    f"timeoutSec for {kind} {target[2]}",
                    route.place(*path),
                )
            elif given < SHORT_SECONDS and policy is not None:
                yield violation(
                    f"a response ends after {given} s, timeoutSec of {kind} {target[2]}",
                    policy.place("spec", "default", "timeoutSec"),
                )
