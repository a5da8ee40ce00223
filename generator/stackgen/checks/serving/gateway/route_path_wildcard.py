"""A star in a path, which is no wildcard."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """Stars in Exact and PathPrefix matches of routes in the input."""
    for route in chain(context).routes:
        for i, rule in maps(route.get("spec", "rules")):
            for j, match in maps(rule.get("matches")):
                path = as_dict(match.get("path"))
                value = text(path.get("value"))
                if "*" in value and path.get("type", "PathPrefix") in ("Exact", "PathPrefix"):
                    yield violation(
                        f"the * in {value} matches only a literal *",
                        route.place("spec", "rules", i, "matches", j, "path", "value"),
                    )
