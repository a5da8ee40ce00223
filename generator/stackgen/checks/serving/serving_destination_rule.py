"""A second DestinationRule for a host that has one."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.facts.shape import text
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Hosts of the DestinationRules that are predicted for services of the input."""
    links = chain(context)
    made = {
        text(rule.get("spec", "host")): rule
        for rule in links.of("DestinationRule", ISTIO)
        if rule.service is not None and rule.service.namespace
    }
    for rule in links.of("DestinationRule", ISTIO) if made else ():
        if rule.service is not None or rule.get("spec", "trafficPolicy") is None:
            continue
        host = text(rule.get("spec", "host"))
        other = made.get(_full(host, rule.namespace))
        if other is not None and other.name != rule.name and other.service is not None:
            yield RULE.finding(
                f"KServe creates DestinationRule {other.name} for {host}",
                rule.place("spec", "host"),
                other.service.place("metadata", "name", note="the service"),
            )


ISTIO = "networking.istio.io"


def _full(host: str, namespace: str) -> str:
    """The host as Istio completes it: short names are of the rule's namespace."""
    if "." not in host:
        return f"{host}.{namespace}.svc.cluster.local"
    parts = host.split(".")
    if len(parts) == 2 or (len(parts) == 3 and parts[2] == "svc"):
        return f"{parts[0]}.{parts[1]}.svc.cluster.local"
    return host
