"""One rule of a route that splits requests over several InferencePools."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import is_pool
from stackgen.checks.serving.gateway_routes import controlled_routes
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each rule with two pools, on Gateways that handle one pool for a rule."""
    for route, gateway, row in controlled_routes(context):
        for i, rule in maps(route.get("spec", "rules")) if row.one_pool else ():
            pools = [one for _, one in maps(rule.get("backendRefs")) if is_pool(one)]
            if len(pools) > 1:
                names = " and ".join(text(one.get("name")) for one in pools)
                yield violation(
                    f"rule {i} sends requests to InferencePools {names}, but Gateway "
                    f"{gateway.name} belongs to {row.name}: {row.one_pool}",
                    route.place("spec", "rules", i, "backendRefs", key=True),
                )
