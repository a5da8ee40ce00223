"""A gateway that is named without its namespace."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """References without namespace, for releases that pass them on like that."""
    seen = view(context)
    if not seen.newest.writes_empty_gateway_namespace:
        return
    for service in seen.services:
        gateway = as_dict(as_dict(service.spec.get("router")).get("gateway"))
        for i, ref in maps(gateway.get("refs")):
            if not ref.get("namespace"):
                yield violation(
                    f"gateway {ref.get('name')} has no namespace",
                    service.place("spec", "router", "gateway", "refs", i),
                )
