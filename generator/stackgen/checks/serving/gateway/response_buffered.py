"""An extension that reads whole answers before it passes them on."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.gateway.access_policies import AI_GATEWAY, lineage, policies, targets
from stackgen.checks.serving.gateway_routes import gateways_of, model_backend
from stackgen.facts.shape import at, maps, text
from stackgen.findings.model import Place, Violations, violation

_WHOLE = ("Buffered", "BufferedPartial")


def check(context: Context) -> Violations:
    """EnvoyExtensionPolicies in front of models, at the mode that holds the stream back."""
    models = set(_models(context))
    for policy in policies(context, "EnvoyExtensionPolicy"):
        reach = {one for target in targets(policy) for one in lineage(context, target)}
        if not reach & models:
            continue
        for i, one in maps(policy.get("spec", "extProc")):
            mode = text(at(one, "processingMode", "response", "body"))
            if mode in _WHOLE:
                yield violation(
                    f"EnvoyExtensionPolicy {policy.name} buffers responses of models: "
                    f"processingMode.response.body is {mode}",
                    Place(policy, ("spec", "extProc", i, "processingMode", "response", "body")),
                )


def _models(context: Context) -> Iterator[tuple[str, str, str]]:
    """The routes to models, and their Gateways."""
    links = chain(context)
    for route in (*links.routes, *links.of("AIGatewayRoute", AI_GATEWAY)):
        backends = [backend for _, backend in links.backends(route)]
        if route.kind == "AIGatewayRoute" or any(model_backend(links, route, b) for b in backends):
            yield "HTTPRoute", route.namespace, route.name
            for gateway in gateways_of(links, route):
                yield "Gateway", gateway.namespace, gateway.name
