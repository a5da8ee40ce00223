"""An AuthorizationPolicy for HTTP requests to Pods whose ports are TCP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain, Pods, chain
from stackgen.checks.serving.mesh import SECURITY
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path

# Protocols of which Istio reads no requests.
_TCP = frozenset({"tcp", "tls", "https", "mongo", "mysql", "redis"})
_OPERATION = ("hosts", "notHosts", "methods", "notMethods", "paths", "notPaths")
_SOURCE = ("requestPrincipals", "notRequestPrincipals")


def check(context: Context) -> Violations:
    """One finding for each policy whose rules all have such a field."""
    links = chain(context)
    for policy in context.bundle.of_kind("AuthorizationPolicy", SECURITY):
        spec = as_dict(policy.get("spec"))
        chosen = as_dict(as_dict(spec.get("selector")).get("matchLabels"))
        each = maps(spec.get("rules"))
        rules = [next(_http(rule, ("spec", "rules", i)), None) for i, rule in each]
        if spec.get("action", "ALLOW") != "ALLOW" or not chosen or not rules or not all(rules):
            continue
        pods = links.selected(policy.namespace, chosen)
        services = [one for one in links.of("Service", "") if _has(links, one, pods)]
        ports = [port for one in services for _, port in maps(one.get("spec", "ports"))]
        if ports and all(_protocol(port) in _TCP for port in ports):
            name = text(ports[0].get("name")) or text(ports[0].get("appProtocol"))
            yield violation(
                f"the rule reads HTTP requests, and port {visible(name)} of Service "
                f"{services[0].name} is {_protocol(ports[0]).upper()}: the rule matches nothing",
                Place(policy, rules[0] or ()),
                services[0].place("spec", "ports", key=True, note="the ports"),
            )


def _has(links: Chain, service: ApiObject, pods: list[Pods]) -> bool:
    """Whether a Service selects one of the Pods."""
    chosen = as_dict(service.get("spec", "selector"))
    found = links.selected(service.namespace, chosen) if chosen and pods else []
    return any(one is other for one in found for other in pods)


def _protocol(port: dict[str, Any]) -> str:
    """What the port says of its protocol; "" if Istio detects it."""
    said = text(port.get("appProtocol")) or text(port.get("name")).partition("-")[0]
    return said.lower()


def _http(rule: dict[str, Any], path: Path) -> Iterator[Path]:
    """The fields of a rule for HTTP requests."""
    for word, inner, fields in (("to", "operation", _OPERATION), ("from", "source", _SOURCE)):
        for i, one in maps(rule.get(word)):
            for field in fields:
                if as_dict(one.get(inner)).get(field):
                    yield (*path, word, i, inner, field)
    for i, one in maps(rule.get("when")):
        if text(one.get("key")).startswith(("request.headers", "request.auth.")):
            yield (*path, "when", i, "key")
