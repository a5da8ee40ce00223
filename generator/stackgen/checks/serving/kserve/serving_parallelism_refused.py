"""Parallelism that the admission webhook refuses."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve import webhook


def check(context: Context) -> Violations:
    """The rules for `spec`, and the same ones for `spec.prefill`."""
    for service in services(context):
        for base, data in service.halves():
            for path, key, message in webhook.parallelism(data):
                yield violation(message, Place(service.resource, (*base, *path), key=key))
