"""A confidential model whose key cannot be asked for."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve import webhook

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Resources that are written out, and switched on."""
    for service in view(context).services:
        message = webhook.confidential(as_dict(service.spec.get("model")))
        if message:
            place = service.place("spec", "model", "confidential", "resourceId")
            yield RULE.finding(message, place)
