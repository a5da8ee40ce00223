"""An ingress configuration that the controller cannot read."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


NAME = "inferenceservice-config"


def check(context: Context) -> Iterator[Finding]:
    """The ConfigMap of the controller, where the input has it."""
    for resource in context.bundle.of_kind("ConfigMap", ""):
        value = resource.get("data", "ingress")
        if resource.name != NAME or not isinstance(value, str) or "{{" in value:
            continue
        place = Place(resource, ("data", "ingress"))
        try:
            config = json.loads(value)
        except ValueError as error:
            yield RULE.finding(f"ingress is not valid JSON: {error}", place)
            continue
        if not isinstance(config, dict):
            yield RULE.finding("ingress is not a JSON object", place)
        elif not config.get("ingressGateway"):
            yield RULE.finding("ingress has no ingressGateway", place)
