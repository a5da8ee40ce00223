"""Timeouts in a route of a GKE Gateway."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.ingress.gke_routes import gke_routes
from stackgen.facts.shape import maps
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each rule with timeouts."""
    for route, gateway, name in gke_routes(context):
        for i, rule in maps(route.get("spec", "rules")):
            if rule.get("timeouts"):
                yield violation(
                    f"rule {i} has timeouts; Gateway {gateway.name} has the class {name}",
                    route.place("spec", "rules", i, "timeouts", key=True),
                    gateway.place("spec", "gatewayClassName"),
                )
