"""What objects of the input need of Envoy Gateway, and its configuration does not turn on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.composed import folder
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import is_pool
from stackgen.checks.serving.gateway.access_policies import AI_GATEWAY
from stackgen.facts.envoy_gateways import EnvoyGateway, envoy_gateways
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.resource import Resource

_ENVOY = "gateway.envoyproxy.io"
_FLAG = ("extensionApis", "enableBackend")
_CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
_POOL = "inference.networking.k8s.io"


def check(context: Context) -> Violations:
    """One finding for each configuration and need."""
    found = envoy_gateways(context.bundle)
    for one in found:
        yield from _backends(context, one, found)
        if len(found) == 1:  # of several samples, each has its own objects
            yield from _limits(context, one)
            yield from _extension(context, one)
            yield from _classes(context, one)


def _backends(context: Context, one: EnvoyGateway, found: tuple[EnvoyGateway, ...]) -> Violations:
    backends = context.bundle.of_kind("Backend", _ENVOY)
    mine = [b for b in backends if len(found) == 1 or folder(b) == folder(one.by)]
    if mine and at(one.config, *_FLAG) is not True:
        yield violation(
            f"{'.'.join(_FLAG)} is not true, and Envoy Gateway ignores Backend {mine[0].name}",
            one.place,
        )


def _limits(context: Context, one: EnvoyGateway) -> Violations:
    """Limits of all proxies together, for which a program counts in Redis."""
    if at(one.config, "rateLimit", "backend") is not None:
        return
    for policy in context.bundle.of_kind("BackendTrafficPolicy", _ENVOY):
        if policy.get("spec", "rateLimit", "global", "rules"):
            yield violation(
                f"rateLimit.backend is not set, and Envoy Gateway rejects BackendTrafficPolicy "
                f"{policy.name} with its global limits",
                one.place,
                remedy="Set `rateLimit.backend` to Redis in the configuration of Envoy Gateway.",
            )
            return


def _extension(context: Context, one: EnvoyGateway) -> Violations:
    """What Envoy AI Gateway needs: its extension server, and pools as backends."""
    routes = list(context.bundle.of_kind("AIGatewayRoute", AI_GATEWAY))
    manager = as_dict(one.config.get("extensionManager"))
    if routes and not manager.get("service"):
        yield violation(
            f"extensionManager is not set, and without it Envoy AI Gateway cannot route the "
            f"requests of AIGatewayRoute {routes[0].name}",
            one.place,
            remedy="Add the values of Envoy AI Gateway for Envoy Gateway: `extensionManager`.",
        )
        return
    pooled = next((route for route in routes if any(map(is_pool, _refs(route)))), None)
    listed = {text(entry.get("group")) for _, entry in maps(manager.get("backendResources"))}
    if pooled is not None and _POOL not in listed:
        yield violation(
            "extensionManager.backendResources does not have InferencePool, which AIGatewayRoute "
            f"{pooled.name} refers to",
            one.place,
            remedy=f"Add `{{group: {_POOL}, kind: InferencePool, version: v1}}` to "
            "`extensionManager.backendResources`.",
        )


def _refs(route: Resource) -> Iterator[dict[str, Any]]:
    for _, rule in maps(route.get("spec", "rules")):
        for _, backend in maps(rule.get("backendRefs")):
            yield backend


def _classes(context: Context, one: EnvoyGateway) -> Violations:
    """Classes of a controller of Envoy Gateway, of which the only one has another name."""
    own = text(at(one.config, "gateway", "controllerName")) or _CONTROLLER
    for kind in context.bundle.of_kind("GatewayClass", "gateway.networking.k8s.io"):
        name = text(kind.get("spec", "controllerName"))
        if name.startswith(f"{_ENVOY}/") and name != own and plain(name) and plain(own):
            yield violation(
                f"GatewayClass {kind.name} has the controller {name}, and that of Envoy Gateway is "
                f"{own}",
                one.place,
                remedy=f"Set `controllerName: {own}` in the GatewayClass.",
            )
