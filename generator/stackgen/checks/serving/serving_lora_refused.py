"""LoRA adapters that the admission webhook refuses."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve import webhook

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Judged where the release acts upon adapters."""
    seen = view(context)
    if "lora" not in seen.newest.fields:
        return
    for service in seen.services:
        model = as_dict(service.spec.get("model"))
        base = text(model.get("name")) or service.name
        for path, message in webhook.adapters(as_dict(model.get("lora")), base):
            yield RULE.finding(message, service.place("spec", "model", "lora", *path))
