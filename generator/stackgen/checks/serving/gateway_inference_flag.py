"""An Istio that does not know InferencePools."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain, is_pool
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


FLAG = "ENABLE_GATEWAY_API_INFERENCE_EXTENSION"


def check(context: Context) -> Iterator[Finding]:
    """Judged where the input has both Istio and a route to a pool."""
    links = chain(context)
    routed = any(is_pool(b) for route in links.routes for _, b in links.backends(route))
    if not routed:
        return
    for istio in context.bundle.of_kind("Istio", "sailoperator.io"):
        if istio.get("spec", "profile") not in (None, "default", "empty", "minimal"):
            continue  # a profile of a distribution may bring the flag
        path = ("spec", "values", "pilot", "env")
        value = istio.get(*path, FLAG)
        if str(value).lower() != "true":
            yield RULE.finding(
                f"{FLAG} is {'not set' if value is None else value}, and routes use InferencePools",
                Place(istio, (*path, FLAG)),
            )
