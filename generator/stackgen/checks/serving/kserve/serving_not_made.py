"""Services that the API server accepts, and of which the controller makes nothing."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Service, view
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Place, Violation, Violations, violation
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.release import Controller
from stackgen.platforms.kserve.storage import adapters, refused_adapter, switched_off

RULE = rule_named(__name__)


def check(context: Context) -> Violations:
    """A model without an address, and adapters that no download brings.

    The schema finds a model without an address where `model` is given, and `kserve-storage-uri`
    finds an address of another kind.
    """
    seen = view(context)
    for service in seen.services:
        if service.whole and not _addressed(service):
            message = "the service has no model.uri, in it or in its baseRefs"
            yield violation(message, service.place("spec", key=True))
        yield from seen.in_releases(RULE, _adapter, service)


def _addressed(service: Service) -> bool:
    """Whether the model has an address, or its absence is a finding of the schema."""
    return "model" in service.spec or bool(as_dict(service.merged.get("model")).get("uri"))


def _adapter(service: Service, controller: Controller) -> Violation | None:
    spec = service.expanded(controller).effective.spec
    reason = refused_adapter(controller, spec)
    if not reason:
        return None
    return violation(reason, _place(service, controller, spec))


def _place(service: Service, controller: Controller, spec: dict[str, object]) -> Place:
    """The address of the adapter, where the service itself has it."""
    lora = as_dict(as_dict(service.spec.get("model")).get("lora"))
    off = switched_off(controller, spec)
    for i, item in maps(lora.get("adapters")):
        alone = {"model": {"lora": {"adapters": [item]}}}
        if adapters(controller, alone) and (off or refused_adapter(controller, alone)):
            return service.place("spec", "model", "lora", "adapters", i, "uri")
    return service.place("spec", key=True)
