"""A GatewayClass that neither the input nor its platform has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API
from stackgen.facts.gateway_controllers import gateway_controllers, platform_classes
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.spelling import did_you_mean

_OF_GKE = "gke-l7-"


def check(context: Context) -> Violations:
    """Classes with the prefixes of GKE and Istio."""
    made = {one.name for one in context.bundle.of_kind("GatewayClass", GATEWAY_API)}
    own = {name for row in gateway_controllers() for name in row.classes}
    google, istio = platform_classes()["google"], platform_classes()["istio"]
    known = {*own, *google, *istio}
    for gateway in context.bundle.of_kind("Gateway", GATEWAY_API):
        name = text(gateway.get("spec", "gatewayClassName"))
        if not name or not plain(name) or name in made | known:
            continue
        if name.startswith(_OF_GKE):
            hint = did_you_mean(name, sorted(google)) or f"; it has {', '.join(google[:3])}"
            yield violation(
                f"GKE has no GatewayClass {name}{hint}",
                Place(gateway, ("spec", "gatewayClassName")),
            )
        elif name.startswith("istio-") and not made:
            yield violation(
                f"Istio makes the GatewayClasses istio, istio-remote and istio-waypoint, and the "
                f"input has no {name}",
                Place(gateway, ("spec", "gatewayClassName")),
                confidence="medium",
            )
