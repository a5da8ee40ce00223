"""An endpoint picker that serves TLS, behind a Gateway of Istio's that speaks plain text to it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, ApiObject, Chain, chain, is_pool
from stackgen.checks.serving.gateway_routes import controlled_routes
from stackgen.checks.serving.mesh import NETWORKING, full_host
from stackgen.checks.serving.pickers.pickers import POOL_NAME, REFS
from stackgen.facts import command_line
from stackgen.facts.chart_pools import chart_pools
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Violations, violation

_ISTIO = "istio.io/gateway-controller"
_OFF = ("false", "0", "f", "F", "False", "FALSE")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")  # no wildcard is among them
_TLS = ("SIMPLE", "MUTUAL")
_SPACE = "default"  # where kubectl creates an object without a namespace


def check(context: Context) -> Violations:
    """One finding for each picker that a controller or chart makes and a route of Istio's leads to.

    Of other pickers the DestinationRule is often applied with them, and not in the input.
    """
    links = chain(context)
    gateways = {
        (text(backend.get("namespace")) or route.namespace, text(backend.get("name"))): gateway
        for route, gateway, row in controlled_routes(context)
        if row.controller == _ISTIO
        for _, backend in links.backends(route)
        if is_pool(backend)
    }
    told = frozenset(_told(links) if gateways else ())
    patterns = [one for one in told if not _PLAIN.issuperset(one)]
    seen: set[str] = set()
    for pool in links.of("InferencePool", *POOL_GROUPS) if gateways else ():
        gateway = gateways.get((pool.namespace, pool.name))
        for field in REFS if gateway is not None and pool.service is not None else ():
            service = links.find(
                "Service", pool.namespace, text(as_dict(pool.get("spec", field)).get("name")), ""
            )
            if service is None or gateway is None or not _serves_tls(links, service):
                continue
            host = full_host(service.name, service.namespace or _SPACE)
            if host in told or any(fnmatchcase(host, one) for one in patterns):
                continue
            if host not in seen:
                seen.add(host)
                yield violation(
                    f"no DestinationRule enables TLS to {host}, which serves TLS",
                    pool.place("spec", field),
                    gateway.place("metadata", "name", note="the Gateway"),
                )
    pools = chart_pools(context.bundle) if gateways else []
    # Branches of a script may install one release for each provider.
    other = {(x.namespace, x.name) for x in pools if x.provider in ("", "istio") or x.plain_text}
    for made in pools:
        gateway = gateways.get((made.namespace, made.name))
        host = full_host(made.picker, made.namespace)
        if gateway is None or not made.namespace or (made.namespace, made.name) in other:
            continue
        if host in told or any(fnmatchcase(host, one) for one in patterns):
            continue
        yield violation(
            f"{made.chart} makes no DestinationRule that enables TLS to {host} with provider.name "
            f"{made.provider}",
            made.place("provider"),
            gateway.place("metadata", "name", note="the Gateway"),
        )


def _serves_tls(links: Chain, service: ApiObject) -> bool:
    """Whether a picker is behind the Service that is not told to do without; the default is TLS."""
    labels = as_dict(service.get("spec", "selector"))
    for pods in links.selected(service.namespace, labels) if labels else ():
        for _, container in maps(pods.spec.get("containers")):
            line = command_line.read(container.get("command"), container.get("args"), {}, ())
            if POOL_NAME in line.flags and line.text("secure-serving") not in _OFF:
                return True
    return False


def _told(links: Chain) -> Iterator[str]:
    """The hosts that Istio speaks TLS to, as full names, perhaps with `*`."""
    for rule in links.of("DestinationRule", NETWORKING):
        policy = as_dict(rule.get("spec", "trafficPolicy"))
        settings = [policy, *(one for _, one in maps(policy.get("portLevelSettings")))]
        if any(text(as_dict(one.get("tls")).get("mode")) in _TLS for one in settings):
            yield full_host(text(rule.get("spec", "host")), rule.namespace or _SPACE)
