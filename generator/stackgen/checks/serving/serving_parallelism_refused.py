"""Parallelism that the admission webhook refuses."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve import webhook

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """The rules for `spec`, and the same ones for `spec.prefill`."""
    for service in services(context):
        for base, data in service.halves():
            for path, key, message in webhook.parallelism(data):
                yield RULE.finding(message, Place(service.resource, (*base, *path), key=key))
