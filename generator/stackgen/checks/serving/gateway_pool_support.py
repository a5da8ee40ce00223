"""A Gateway whose controller does not take InferencePools."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain, is_pool
from stackgen.checks.serving.gateway_routes import controlled_routes
from stackgen.facts.chart_values import chart_values
from stackgen.findings.model import Severity, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each route to a pool; a warning if something else can add the support."""
    links = chain(context)
    groups = {resource.group for resource in context.bundle.objects}
    charts = {given.chart for given in chart_values(context.bundle)}
    for route, gateway, row in controlled_routes(context):
        if row.pools == "yes" or groups & set(row.groups) or row.chart in charts:
            continue
        for path, backend in links.backends(route):
            if is_pool(backend):
                only = row.pools == "needs"
                takes = f"InferencePools only with {row.needs}" if only else "no InferencePools"
                yield violation(
                    f"Gateway {gateway.name} is one of {row.name}, which takes {takes}",
                    route.place(*path),
                    gateway.place("spec", "gatewayClassName", note="the class"),
                    severity=Severity.WARNING if only else None,
                    confidence="medium" if only else None,
                )
                break
