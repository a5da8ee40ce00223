"""A rule that sends requests nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.facts.shape import as_list, maps
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Rules of routes in the input."""
    for route in chain(context).routes:
        for i, rule in maps(route.get("spec", "rules")):
            filters = [f.get("type") for _, f in maps(rule.get("filters"))]
            weights = [one.get("weight", 1) for _, one in maps(rule.get("backendRefs"))]
            if weights and not any(weights) and route.service is None:
                yield RULE.finding(
                    f"every backend of rule {i} of {route.kind} {route.name} has weight 0",
                    route.place("spec", "rules", i),
                )
            if as_list(rule.get("backendRefs")) or filters:
                continue
            if route.service is None or route.service.resource.get(*_OWN):
                yield RULE.finding(
                    f"rule {i} of {route.kind} {route.name} has no backend",
                    route.place("spec", "rules", i),
                )


_OWN = ("spec", "router", "route", "http", "spec", "rules")
