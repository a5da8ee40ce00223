"""Models that Envoy AI Gateway asks servers for: those that its routes match, as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.serving.chain import ApiObject, Chain, is_service
from stackgen.checks.serving.gateway.access_policies import AI_GATEWAY
from stackgen.facts.service_addresses import ServiceAddress, addresses_in
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.manifest.document import Path

_HEADER, _ENVOY = "x-ai-eg-model", "gateway.envoyproxy.io"
# Either may give the server another name of the model.
_RENAMES = ("modelNameOverride", "bodyMutation")


def routed_models(links: Chain) -> Iterator[tuple[ApiObject, Path, str, ServiceAddress]]:
    """The route, the place of the name in it, the name, and the address that gets the request."""
    for route in links.of("AIGatewayRoute", AI_GATEWAY):
        for i, rule in maps(route.get("spec", "rules")):
            backends = [
                address
                for _, backend in maps(rule.get("backendRefs"))
                if not any(backend.get(one) for one in _RENAMES)
                for address in _addresses(links, route, backend)
            ]
            for path, model in _models(rule) if backends else ():
                for address in backends:
                    yield route, ("spec", "rules", i, *path), model, address


def _models(rule: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    for i, match in maps(rule.get("matches")):
        for n, header in maps(match.get("headers")):
            exact = header.get("type", "Exact") == "Exact"
            model = text(header.get("value"))
            if exact and text(header.get("name")).lower() == _HEADER and plain(model):
                yield ("matches", i, "headers", n, "value"), model


def _addresses(links: Chain, route: ApiObject, backend: dict[str, Any]) -> Iterator[ServiceAddress]:
    """Of a backend with the API of OpenAI, which is one Service or one host."""
    space = text(backend.get("namespace")) or route.namespace
    found = links.find("AIServiceBackend", space, text(backend.get("name")), AI_GATEWAY)
    if found is None or backend.get("kind", "AIServiceBackend") != "AIServiceBackend":
        return
    reference = as_dict(found.get("spec", "backendRef"))
    schema = as_dict(found.get("spec", "schema"))
    if schema.get("name") != "OpenAI" or found.get("spec", "bodyMutation"):
        return
    space, name = text(reference.get("namespace")) or space, text(reference.get("name"))
    if is_service(reference):
        yield ServiceAddress(name, space, 0, True, False, ())
        return
    host = (
        links.find("Backend", space, name, _ENVOY) if reference.get("kind") == "Backend" else None
    )
    ends = maps(host.get("spec", "endpoints")) if host is not None else ()
    names = [text(as_dict(end.get("fqdn")).get("hostname")) for _, end in ends]
    if len(names) == 1:
        yield from addresses_in(names[0], ())
