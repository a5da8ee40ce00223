"""An autoscaler that scales nothing, or fights the controller."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.isvc_services import predictor_services
from stackgen.checks.serving.view import Service
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.names import Names

_OLD = "-predictor-default"  # what KServe called it before v0.11
_KINDS = (("HorizontalPodAutoscaler", "autoscaling"), ("ScaledObject", "keda.sh"))


def check(context: Context) -> Violations:
    """Autoscalers in the namespace of a service of the input, by the name they aim at."""
    yield from _predictors(context)
    links = chain(context)
    services: dict[tuple[str, str], dict[int, Service]] = {}
    for number, service in enumerate(links.view.services):
        for name in (service.name, Names(service.name).child("-kserve")):
            services.setdefault((service.namespace, name), {})[number] = service
    for kind, group in _KINDS if links.view.services else ():
        for resource in context.bundle.of_kind(kind, group):
            ref = as_dict(resource.get("spec", "scaleTargetRef"))
            name, target = text(ref.get("name")), text(ref.get("kind")) or "Deployment"
            aimed = services.get((resource.namespace, name), {})
            for service in aimed.values() if target == "Deployment" else ():
                child = Names(service.name).child("-kserve")
                place = Place(resource, ("spec", "scaleTargetRef", "name"))
                made = links.find("Deployment", service.namespace, name, "apps")
                if name == service.name and made is None:
                    yield violation(f"there is no Deployment {name}: KServe creates {child}", place)
                elif name == child and service.own.get("replicas") is not None:
                    yield violation(
                        f"{service.name} sets replicas, and {kind} {resource.name} scales it",
                        place,
                        service.place("spec", "replicas", note="set here"),
                    )


def _predictors(context: Context) -> Violations:
    """Autoscalers of an InferenceService that aim at a name which older releases gave.

    Source: KServe v0.11 to v0.17, constants.go and predictor.go.
    """
    known = {(one.by.namespace, one.by.name): one.name for one in predictor_services(context)}
    for kind, group in _KINDS if known else ():
        for resource in context.bundle.of_kind(kind, group):
            ref = as_dict(resource.get("spec", "scaleTargetRef"))
            name, target = text(ref.get("name")), text(ref.get("kind")) or "Deployment"
            made = known.get((resource.namespace, name.removesuffix(_OLD)), "")
            there = chain(context).find("Deployment", resource.namespace, name, "apps")
            if made and target == "Deployment" and there is None:
                yield violation(
                    f"there is no Deployment {name}: KServe creates {made}",
                    Place(resource, ("spec", "scaleTargetRef", "name")),
                )
