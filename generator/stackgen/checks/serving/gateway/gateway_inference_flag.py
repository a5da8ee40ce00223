"""A controller of Gateways that does not know InferencePools."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain, is_pool
from stackgen.checks.serving.gateway_routes import controlled_routes
from stackgen.escape import visible
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.chart_values import installs
from stackgen.facts.shape import as_dict, at
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.shell import SUFFIXES

_SWITCH = ("inferenceExtension", "enabled")
_ENV = ("pilot", "env")
# Those of Istio itself, none of which sets the flag.
_PROFILES = ("ambient", "default", "demo", "empty", "minimal")
FLAG = "ENABLE_GATEWAY_API_INFERENCE_EXTENSION"


def check(context: Context) -> Violations:
    """Judged where the input has both the controller and a route to a pool."""
    links = chain(context)
    routed = any(is_pool(b) for route in links.routes for _, b in links.backends(route))
    if not routed:
        return
    for one in chart_values(context.bundle):
        # Source: kgateway 2.0 and agentgateway 1.0, values of the charts.
        enabled = at(one.values, *_SWITCH)
        if one.chart in ("kgateway", "agentgateway") and one.whole and enabled is not True:
            yield violation(
                f"{'.'.join(_SWITCH)} of chart {one.chart} is "
                f"{'not set' if enabled is None else visible(str(enabled))}, but routes use "
                "InferencePools",
                one.place(_SWITCH) if enabled is not None else Place(one.by, ("metadata", "name")),
                severity=Severity.WARNING,
                remedy="Set `inferenceExtension.enabled: true` in the values of the chart.",
            )
    for istio in context.bundle.of_kind("Istio", "sailoperator.io"):
        if istio.get("spec", "profile") not in (None, "default", "empty", "minimal"):
            continue  # a profile of a distribution may bring the flag
        path = ("spec", "values", "pilot", "env")
        value = istio.get(*path, FLAG)
        if str(value).lower() != "true":
            yield violation(
                f"{FLAG} is {'not set' if value is None else value}, but routes use InferencePools",
                Place(istio, (*path, FLAG)),
                # A script may install another Istio than the one of the routes.
                severity=Severity.WARNING if istio.file.endswith(SUFFIXES) else None,
            )
    yield from _of_charts(context)


def _of_charts(context: Context) -> Violations:
    """Istiod of its Helm chart, where all of its values are known."""
    links, charts = chain(context), [
        one for one in installs(context.bundle) if one.chart.chart == "istiod"
    ]  # fmt: skip
    if not charts or not any(
        is_pool(backend)
        for route, gateway, _ in controlled_routes(context)
        if gateway.get("spec", "gatewayClassName") == "istio"
        for _, backend in links.backends(route)
    ):
        return
    # The chart reads what is below `pilot` also at the top.
    given = [
        (one, (as_dict(at(one.values, *_ENV)) | as_dict(one.values.get("env"))).get(FLAG))
        for one in charts
    ]
    if any(str(value).lower() == "true" for _, value in given):
        return
    for one, value in given:
        others = {"defaults", "envVarFrom"} & (one.values | as_dict(one.values.get("pilot"))).keys()
        if one.values.get("profile") not in (None, *_PROFILES):
            others.add("profile")
        if one.complete and (value is not None or not others):
            yield violation(
                f"{'.'.join(_ENV)}.{FLAG} of chart istiod is "
                f"{'not set' if value is None else visible(str(value))}, but routes use "
                "InferencePools",
                one.place(*_ENV, FLAG),
                # Another istiod may be in the cluster.
                severity=Severity.WARNING,
                remedy=f'Set `{".".join(_ENV)}.{FLAG}` to "true" in the values of the chart.',
            )
