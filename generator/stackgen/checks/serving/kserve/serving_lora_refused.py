"""LoRA adapters that the admission webhook refuses."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.checks.tpu.planned import spec_model
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve import webhook


def check(context: Context) -> Violations:
    """Judged where the release acts upon adapters.

    Adapters that are rendered as the spec says them are left to `adapters-refused`.
    """
    for service in services(context, "lora"):
        model, spec = as_dict(service.spec.get("model")), spec_model(context, service.name)
        names = [entry.get("name") for _, entry in maps(at(model, "lora", "adapters"))]
        if spec is not None and names == [adapter.name.value for adapter in spec.adapters]:
            continue
        base = text(model.get("name")) or service.name
        for path, message in webhook.adapters(as_dict(model.get("lora")), base):
            yield violation(message, service.place("spec", "model", "lora", *path))
