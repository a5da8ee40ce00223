"""Labels that part the Pods from their Service."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict, plain
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.platforms.kserve.names import Names, server_selector


def check(context: Context) -> Violations:
    """Labels of the user's that differ from what Service and pool select."""
    for service in services(context, "labels"):
        routed = isinstance(service.own.get("router"), dict)
        for key, wanted in server_selector(service.name).items():
            for base, data in service.halves():
                value = as_dict(data.get("labels")).get(key)
                if isinstance(value, str) and value != wanted and plain(value):
                    yield violation(
                        f"the Pods have {key}: {value}; "
                        f"{Names(service.name).service} selects {wanted}",
                        Place(service.resource, (*base, "labels", key)),
                        severity=None if routed else Severity.INFO,
                    )
