"""A gateway without the CA that its DestinationRule names."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """Gateways of the input that carry a service, in releases that leave the mount to the stack."""
    links = chain(context)
    release = links.view.newest
    if not links.view.certain or release.ca_mounted_by != "stack":
        return
    reported = set()
    for route in links.routes:
        if route.service is None or isinstance(route.service.own.get("prefill"), dict):
            continue
        for _, parent in maps(route.get("spec", "parentRefs")):
            name, namespace = text(parent.get("name")), text(parent.get("namespace"))
            gateway = links.find("Gateway", namespace, name, GATEWAY_API)
            if gateway is None or gateway.name in reported:
                continue
            if gateway.get("spec", "gatewayClassName") != "istio":
                continue
            parameters = ("spec", "infrastructure", "parametersRef")
            if gateway.get(*parameters) is None and gateway.get("spec", "addresses") is None:
                reported.add(gateway.name)
                yield violation(
                    f"Gateway {gateway.name} has no parametersRef that mounts "
                    f"{release.ca_in_gateway}",
                    gateway.place("spec", "infrastructure", "parametersRef"),
                )
