"""Timeouts in a route of a GKE Gateway."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.gke_routes import gke_routes
from stackgen.facts.shape import maps
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each rule with timeouts."""
    for route, gateway, name in gke_routes(context):
        for i, rule in maps(route.get("spec", "rules")):
            if rule.get("timeouts"):
                yield RULE.finding(
                    f"rule {i} has timeouts; Gateway {gateway.name} has the class {name}",
                    route.place("spec", "rules", i, "timeouts", key=True),
                    gateway.place("spec", "gatewayClassName"),
                )
