"""LoRA adapters that the admission webhook refuses."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve import webhook


def check(context: Context) -> Violations:
    """Judged where the release acts upon adapters."""
    for service in services(context, "lora"):
        model = as_dict(service.spec.get("model"))
        base = text(model.get("name")) or service.name
        for path, message in webhook.adapters(as_dict(model.get("lora")), base):
            yield violation(message, service.place("spec", "model", "lora", *path))
