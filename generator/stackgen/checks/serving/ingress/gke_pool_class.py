"""An InferencePool behind a class of GKE Gateway that does not accept one."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain, is_pool
from stackgen.checks.serving.ingress.gke_routes import classes, gke_routes
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each route to a pool whose Gateway has another class."""
    links, accepted = chain(context), classes(context)
    for route, gateway, name in gke_routes(context):
        for path, backend in links.backends(route):
            if is_pool(backend) and name not in accepted:
                yield violation(
                    f"{name} does not support InferencePools; {' and '.join(accepted)} do",
                    gateway.place("spec", "gatewayClassName"),
                    route.place(*path, note="goes to an InferencePool"),
                )
                break
