"""A label or annotation that names another model than the servers answer to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.checks.serving.served_names import ServedNames
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

# AIBrix routes by the label. The variant autoscaler of llm-d reads the metrics of the annotation.
_LABEL, _ANNOTATION = "model.aibrix.ai/name", "llm-d.ai/model-id"


def check(context: Context) -> Violations:
    """One finding for each object whose servers' names are known."""
    served, links = ServedNames(context), chain(context)
    for pods in (one for here in links.pods.values() for one in here):
        resource = pods.owner.resource
        path = ("spec", "template", "metadata", "labels", _LABEL)
        yield from _differs(served, [pods], resource, path, resource.get(*path))
    for scaler, target in _scalers(context):
        kind, name = text(target.get("kind")) or "Deployment", text(target.get("name"))
        own = [
            one
            for one in links.pods.get(scaler.namespace, [])
            if (one.owner.kind, one.owner.name) == (kind, name)
        ]
        noted = ("metadata", "annotations", _ANNOTATION)
        yield from _differs(served, own, scaler, noted, scaler.get(*noted))


def _scalers(context: Context) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for kind in ("ScaledObject", "HorizontalPodAutoscaler"):
        for one in context.bundle.of_kind(kind):
            if at(one.metadata, "annotations", _ANNOTATION) is not None:
                yield one, as_dict(one.get("spec", "scaleTargetRef"))


def _differs(
    served: ServedNames, pods: list[Pods], one: Resource, path: tuple[str, ...], given: Any
) -> Violations:
    names = served.of(pods) if pods and isinstance(given, str) and plain(given) else set()
    if names and given not in names:
        yield violation(
            f"{path[-1]} is {visible(text(given))}; the servers of {pods[0].owner.kind} "
            f"{pods[0].owner.name} answer to {', '.join(visible(name) for name in sorted(names))}",
            Place(one, path),
        )
