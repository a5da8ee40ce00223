"""A Gateway whose controller does not take InferencePools."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain, is_pool
from stackgen.checks.serving.gateway_routes import controlled_routes
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import text
from stackgen.findings.model import Severity, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each route to a pool; a warning if something else can add the support.

    An info if the input does not install the controller: what is beside it is not known. A stack
    installs the support for its gateway, or its spec says that the cluster has it.
    """
    links = chain(context)
    own = context.plan.stack.spec.gateway if context.plan is not None else None
    groups = {resource.group for resource in context.bundle.objects}
    charts = {given.chart for given in chart_values(context.bundle)}
    for route, gateway, row in controlled_routes(context):
        if row.pools == "yes" or groups & set(row.groups) or row.chart in charts:
            continue
        if own is not None and (gateway.namespace, gateway.name) == (
            own.namespace.value,
            own.name.value,
        ):
            continue
        named = text(gateway.get("spec", "gatewayClassName"))
        here = links.find("GatewayClass", "", named, GATEWAY_API) is not None
        known = here or (row.beside is not None and row.beside.chart in charts)
        for path, backend in links.backends(route):
            if is_pool(backend):
                only = row.pools == "needs"
                takes = f"InferencePools only with {row.needs}" if only else "no InferencePools"
                yield violation(
                    f"Gateway {gateway.name} belongs to {row.name}, which supports {takes}",
                    route.place(*path),
                    gateway.place("spec", "gatewayClassName", note="the class"),
                    severity=(Severity.WARNING if known else Severity.INFO) if only else None,
                    confidence="medium" if only else None,
                )
                break
