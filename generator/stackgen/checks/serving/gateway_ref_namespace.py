"""A gateway that is named without its namespace."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """References without namespace, for releases that pass them on like that."""
    seen = view(context)
    if not seen.newest.writes_empty_gateway_namespace:
        return
    for service in seen.services:
        gateway = as_dict(as_dict(service.spec.get("router")).get("gateway"))
        for i, ref in maps(gateway.get("refs")):
            if not ref.get("namespace"):
                yield RULE.finding(
                    f"gateway {ref.get('name')} has no namespace",
                    service.place("spec", "router", "gateway", "refs", i),
                )
