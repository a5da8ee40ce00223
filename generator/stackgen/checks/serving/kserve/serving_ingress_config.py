"""An ingress configuration that the controller cannot read."""

from __future__ import annotations

import json

from stackgen.checks.context import Context
from stackgen.findings.model import Place, Violations, violation

NAME = "inferenceservice-config"


def check(context: Context) -> Violations:
    """The ConfigMap of the controller, where the input has it."""
    for resource in context.bundle.of_kind("ConfigMap", ""):
        value = resource.get("data", "ingress")
        if resource.name != NAME or not isinstance(value, str) or "{{" in value:
            continue
        place = Place(resource, ("data", "ingress"))
        try:
            config = json.loads(value)
        except ValueError as error:
            yield violation(f"ingress is not valid JSON: {error}", place)
            continue
        if not isinstance(config, dict):
            yield violation("ingress is not a JSON object", place)
        elif not config.get("ingressGateway"):
            yield violation("ingress has no ingressGateway", place)
