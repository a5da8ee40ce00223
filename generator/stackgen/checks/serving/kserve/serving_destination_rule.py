"""A second DestinationRule for a host that has one."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.mesh import NETWORKING, full_host
from stackgen.facts.shape import text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """Hosts of the DestinationRules that are predicted for services of the input."""
    links = chain(context)
    made = {
        text(rule.get("spec", "host")): rule
        for rule in links.of("DestinationRule", NETWORKING)
        if rule.service is not None and rule.service.namespace
    }
    for rule in links.of("DestinationRule", NETWORKING) if made else ():
        if rule.service is not None or rule.get("spec", "trafficPolicy") is None:
            continue
        host = text(rule.get("spec", "host"))
        other = made.get(full_host(host, rule.namespace))
        if other is not None and other.name != rule.name and other.service is not None:
            yield violation(
                f"KServe creates DestinationRule {other.name} for {host}",
                rule.place("spec", "host"),
                other.service.place("metadata", "name", note="the service"),
            )
