"""A Gateway that asks cert-manager for a certificate, and a cert-manager that reads no Gateways."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, at, maps
from stackgen.findings.model import Place, Violations, violation

_SWITCH = ("config", "enableGatewayAPI")
_FLAGS = r"enable-gateway-api|ExperimentalGatewayAPISupport"
_ASKED = ("cert-manager.io/issuer", "cert-manager.io/cluster-issuer")


def check(context: Context) -> Violations:
    """One finding for each installation of the chart whose values are all in the input."""
    needing = next(_needing(context), None)
    for one in chart_values(context.bundle) if needing is not None else ():
        flags = re.search(_FLAGS, repr(one.values))
        if (
            one.chart != "cert-manager"
            or not one.whole
            or flags
            or at(one.values, *_SWITCH) is True
        ):
            continue
        resource = needing.resource if needing is not None else None
        if needing is not None and resource is not None:
            yield violation(
                f"config.enableGatewayAPI of chart cert-manager is not true, and "
                f"{resource.kind} {resource.name} needs it",
                Place(one.by, ("metadata", "name")),
                needing,
            )


def _needing(context: Context) -> Iterator[Place]:
    for gateway in context.bundle.of_kind("Gateway", GATEWAY_API):
        notes = as_dict(gateway.metadata.get("annotations"))
        yield from (Place(gateway, ("metadata", "annotations", n)) for n in _ASKED if n in notes)
    for kind in ("Issuer", "ClusterIssuer"):
        for issuer in context.bundle.of_kind(kind, "cert-manager.io"):
            for i, solver in maps(issuer.get("spec", "acme", "solvers")):
                if at(solver, "http01", "gatewayHTTPRoute") is not None:
                    yield Place(issuer, ("spec", "acme", "solvers", i, "http01"))
