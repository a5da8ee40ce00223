"""A confidential model whose key cannot be asked for."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve import webhook


def check(context: Context) -> Violations:
    """Resources that are written out, and switched on."""
    for service in view(context).services:
        message = webhook.confidential(as_dict(service.spec.get("model")))
        if message:
            place = service.place("spec", "model", "confidential", "resourceId")
            yield violation(message, place)
