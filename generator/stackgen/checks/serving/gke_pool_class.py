"""An InferencePool behind a class of GKE Gateway that does not accept one."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain, is_pool
from stackgen.checks.serving.gke_routes import classes, gke_routes
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each route to a pool whose Gateway has another class."""
    links, accepted = chain(context), classes(context)
    for route, gateway, name in gke_routes(context):
        for path, backend in links.backends(route):
            if is_pool(backend) and name not in accepted:
                yield RULE.finding(
                    f"{name} accepts no InferencePool; {' and '.join(accepted)} do",
                    gateway.place("spec", "gatewayClassName"),
                    route.place(*path, note="goes to an InferencePool"),
                )
                break
