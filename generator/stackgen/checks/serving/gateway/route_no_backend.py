"""A rule that sends requests nowhere."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.facts.shape import as_list, maps
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """Rules of routes in the input."""
    for route in chain(context).routes:
        for i, rule in maps(route.get("spec", "rules")):
            filters = [f.get("type") for _, f in maps(rule.get("filters"))]
            weights = [one.get("weight", 1) for _, one in maps(rule.get("backendRefs"))]
            if weights and not any(weights) and route.service is None:
                yield violation(
                    f"every backend of rule {i} of {route.kind} {route.name} has weight 0",
                    route.place("spec", "rules", i),
                )
            if as_list(rule.get("backendRefs")) or filters:
                continue
            if route.service is None or route.service.resource.get(*_OWN):
                yield violation(
                    f"rule {i} of {route.kind} {route.name} has no backend",
                    route.place("spec", "rules", i),
                )


_OWN = ("spec", "router", "route", "http", "spec", "rules")
