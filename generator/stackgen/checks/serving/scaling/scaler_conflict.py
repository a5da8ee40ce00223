"""Two autoscalers for one object."""

from __future__ import annotations

from collections.abc import Mapping

from stackgen.checks.context import Context
from stackgen.checks.serving.isvc_services import predictor_services
from stackgen.facts.autoscalers import Autoscaler, autoscalers
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Place, Severity, Violations, violation

_CLASS = "serving.kserve.io/autoscalerClass"


def check(context: Context) -> Violations:
    """One finding for each autoscaler after the first of an object."""
    first: dict[tuple[str, str, str], Autoscaler] = {}
    for scaler in autoscalers(context.bundle):
        key = (scaler.kind, scaler.resource.namespace, scaler.name)
        other = first.setdefault(key, scaler)
        same = other.resource.kind == scaler.resource.kind
        # The same object twice is another rule's; several files may show variants of one.
        if other is scaler or (same and other.resource.name == scaler.resource.name):
            continue
        # Files of their own are often variants of which one is applied.
        apart = other.resource.file != scaler.resource.file
        yield violation(
            f"{scaler.kind} {scaler.name} is scaled by {other.resource.kind} "
            f"{other.resource.name} and by {scaler.resource.kind} {scaler.resource.name}",
            Place(scaler.resource, ("spec", "scaleTargetRef", "name")),
            Place(other.resource, ("spec", "scaleTargetRef", "name"), note="the other one"),
            severity=Severity.WARNING if apart else None,
            confidence="medium" if apart else None,
        )
    yield from _of_kserve(context, first)
    for vertical in context.bundle.of_kind("VerticalPodAutoscaler", "autoscaling.k8s.io"):
        target = (text(vertical.get("spec", "targetRef", "kind")), vertical.namespace)
        found = first.get((*target, text(vertical.get("spec", "targetRef", "name"))))
        usage = next(found.shares(), None) if found is not None else None
        off = vertical.get("spec", "updatePolicy", "updateMode") in ("Off", "Initial")
        if found is not None and usage is not None and not off:
            yield violation(
                f"VerticalPodAutoscaler {vertical.name} changes the requests of {found.kind} "
                f"{found.name}, of which {found.resource.kind} {found.resource.name} compares the "
                f"usage of {usage.name}",
                Place(found.resource, usage.path),
                Place(vertical, ("spec", "targetRef"), note="changes the requests"),
                severity=Severity.WARNING,
            )


def _of_kserve(context: Context, first: Mapping[tuple[str, str, str], Autoscaler]) -> Violations:
    """Autoscalers of Deployments for which KServe makes a HorizontalPodAutoscaler."""
    for made in predictor_services(context):
        service = made.by
        found = first.get(("Deployment", service.namespace, made.name))
        given = as_dict(service.metadata.get("annotations")).get(_CLASS, "hpa")
        if found is not None and given == "hpa":
            yield violation(
                f"{found.resource.kind} {found.resource.name} scales Deployment {made.name}, for "
                f"which KServe makes a HorizontalPodAutoscaler of InferenceService {service.name}",
                Place(found.resource, ("spec", "scaleTargetRef", "name")),
                Place(service, ("metadata", "annotations"), note=f"lacks {_CLASS}: none"),
                remedy=f"Set the annotation `{_CLASS}: none` on the InferenceService.",
            )
