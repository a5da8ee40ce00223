"""LoRA adapters that are not loaded."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Service, view
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.findings.model import Violation, Violations, violation
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.release import Controller

RULE = rule_named(__name__)


def check(context: Context) -> Violations:
    """Adapters in a release without them, from a scheme or by a way that is not supported."""
    seen = view(context)
    for service in seen.services:
        yield from seen.in_releases(RULE, _ignored, service)


def _ignored(service: Service, controller: Controller) -> Violation | None:
    adapters = as_dict(as_dict(service.spec.get("model")).get("lora")).get("adapters")
    if not as_list(adapters):
        return None
    where = ("spec", "model", "lora", "adapters")
    if "lora" not in controller.fields:
        return violation(
            f"release {controller.name} ignores adapters", service.place(*where, key=True)
        )
    if as_dict(service.spec.get("storageInitializer")).get("enabled") is False:
        return violation(
            "the storage initializer, which loads adapters, is disabled",
            service.place(*where, key=True),
            service.place("spec", "storageInitializer", "enabled", note="off"),
        )
    for i, adapter in maps(adapters):
        if text(adapter.get("uri")).startswith("oci"):
            return violation("adapters cannot come from oci://", service.place(*where, i, "uri"))
    return None
